// What is reported of a linear: every value, in every form, under the names of Formats/report.md.
import Basics
import JSON
import LayerSearch
import Reports
import Testing

@Suite struct LinearFieldsTests {
  private let keys = [
    "module", "out_features", "in_features", "method", "scale_rule", "ratio", "output_energy", "error_before",
    "error_after", "share", "largest_input", "outlier_channels", "dead_channels", "zero_groups", "smallest_scales",
    "clamped_weights",
  ]

  private var report: LinearReport {
    var report = LinearReport(module: "model.layers.0.mlp.up_proj")
    (report.outFeatures, report.inFeatures) = (96, 64)
    (report.rounding, report.rule, report.ratio) = (.errorFeedback, .duo, 0.55)
    (report.outputEnergy, report.errorBefore, report.errorAfter) = (4, 0.04, 0.01)
    report.largestInput = 2.25
    report.outlierChannels = [OutlierChannel(channel: 17, ratio: 8.5), OutlierChannel(channel: 3, ratio: 6)]
    report.counts.deadChannels = 1
    report.counts.zeroGroups = 2
    report.counts.smallestScales = 3
    report.counts.clampedWeights = 5
    return report
  }

  /// A report of nothing that is finite.
  private var unmeasured: LinearReport {
    var report = LinearReport(module: "other")
    (report.outputEnergy, report.errorBefore, report.errorAfter) = (.nan, .infinity, -.infinity)
    (report.ratio, report.largestInput) = (-0.0, .infinity)
    return report
  }

  private func note(_ report: LinearReport) throws -> JSONObject {
    let notes = RunNotes(raised: RaisedLinears(), reports: [report], warnings: [])
    return try #require(notes.json["reports"]?.arrayValue?.first?.objectValue)
  }

  /// The stored values of `value`, those of structs in it for themselves.
  private func storedCount(of value: Any) -> Int {
    Mirror(reflecting: value).children.reduce(0) { count, child in
      child.value is RangeCounts ? count + storedCount(of: child.value) : count + 1
    }
  }

  @Test func `every value has its name in JSON, in CSV and, unless it follows from others, in the note`() throws {
    let row = try #require(SensitivityTable(reports: [report]).rows.first)
    #expect(row.json.objectValue?.keys == keys)
    #expect(SensitivityTable(reports: []).csv == keys.joined(separator: ",") + "\r\n")
    let noted = keys.filter { $0 != "share" }
    #expect(try note(report).keys == noted)
    #expect(storedCount(of: report) == noted.count, "what a report holds and no field reads is lost")
  }

  @Test func `JSON and CSV say the same`() throws {
    let table = SensitivityTable(reports: [report, unmeasured])
    #expect(
      SensitivityTable(reports: [report]).json == [
        "schema": "skyquant.sensitivity/1",
        "linears": [
          [
            "module": "model.layers.0.mlp.up_proj", "out_features": 96, "in_features": 64, "method": "awq+gptq",
            "scale_rule": "duo", "ratio": .double(0.55), "output_energy": .double(4), "error_before": .double(0.04),
            "error_after": .double(0.01), "share": .double(1), "largest_input": .double(2.25),
            "outlier_channels": [
              ["channel": 17, "ratio": .double(8.5)], ["channel": 3, "ratio": .double(6)],
            ],
            "dead_channels": 1, "zero_groups": 2, "smallest_scales": 3, "clamped_weights": 5,
          ]
        ],
      ])
    #expect(
      table.csv.split(separator: "\r\n").dropFirst() == [
        "model.layers.0.mlp.up_proj,96,64,awq+gptq,duo,0.55,4.0,0.04,0.01,1.0,2.25,17:8.5 3:6.0,1,2,3,5",
        "other,0,0,rtn,identity,-0.0,nan,inf,-inf,0.0,inf,,0,0,0,0",
      ])
    #expect(table.rows[1].json["output_energy"] == .null && table.rows[1].json["largest_input"] == .null)
  }

  @Test func `a note gives back every value bit by bit, through the text of a file`() throws {
    let notes = RunNotes(
      raised: RaisedLinears(eightBit: ["c"], sixteenBit: ["a"]), reports: [report, unmeasured], warnings: ["b"])
    let read = try #require(RunNotes(try JSONValue(parsing: notes.json.serialized(.compact))))
    #expect(
      read.raised == RaisedLinears(eightBit: ["c"], sixteenBit: ["a"]) && read.warnings == ["b"]
        && read.reports.count == 2)
    #expect(read.json == notes.json)
    #expect(SensitivityTable(reports: read.reports).csv == SensitivityTable(reports: notes.reports).csv)
    #expect(read.reports[1].outputEnergy.bitPattern == Double.nan.bitPattern)
    #expect(read.reports[1].ratio.sign == .minus && read.reports[1].errorAfter == -.infinity)
  }

  @Test func `a note without one of its values, or with another kind of value, is none`() throws {
    let whole = try note(report)
    func isRead(_ note: JSONObject) -> Bool {
      RunNotes(["kept": [], "raised_to_int8": [], "warnings": [], "reports": [.object(note)]]) != nil
    }
    #expect(isRead(whole))
    for key in whole.keys {
      var changed = whole
      changed[key] = .bool(true)
      #expect(!isRead(changed), "\(key)")
      changed[key] = nil
      #expect(!isRead(changed), "\(key)")
    }
    for (key, value) in [
      ("method", "gptq"), ("scale_rule", "half"), ("ratio", "zz"), ("outlier_channels", [[1]]),
    ] as [(String, JSONValue)] {
      var changed = whole
      changed[key] = value
      #expect(!isRead(changed), "\(key)")
    }
  }

  @Test func `a line for people names the method, the scales, the error and what was gained`() {
    let outcome = LayerOutcome(index: 0, reports: [report, unmeasured])
    #expect(
      outcome.lines(width: nil).map(\.plain) == [
        "model.layers.0.mlp.up_proj  awq+gptq  duo 0.55  error 10.00 % -> 5.00 %  gain 75 %",
        "other                       rtn       -         error n/a -> n/a  gain n/a",
      ])
    #expect(
      outcome.lines(width: 80).map(\.plain) == [
        "layers.0.mlp.up_proj  awq+gptq  duo 0.55  error 10.00 % -> 5.00 %  gain 75 %",
        "other                 rtn       -         error n/a -> n/a  gain n/a",
      ])
    #expect(
      outcome.lines(width: 70).map(\.plain) == [
        "layers.0.mlp.up_proj  awq+gptq  error 10.00 % -> 5.00 %  gain 75 %",
        "other                 rtn       error n/a -> n/a  gain n/a",
      ])
  }
}
