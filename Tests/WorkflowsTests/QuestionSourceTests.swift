// Tables and folders of pictures as questions: what the model reads is what lines of JSON with the same words give.
import Foundation
import ImageProcessing
import ModelFiles
import ModelInputs
import Reports
import SampleModel
import Storage
import TestSupport
import Testing
import Workflows

@Suite struct QuestionSourceTests {
  private let folder: TemporaryDirectory
  private let sample: SampleModel
  private let builder: InputBuilder

  init() throws {
    folder = try TemporaryDirectory()
    sample = try SampleModel()
    let model = try ModelFile.open(sample.modelDirectory)
    builder = try InputBuilder(files: model.files, config: model.config)
  }

  /// A picture of the sample.
  private func picture(_ number: Int) throws -> [UInt8] {
    try readFile(sample.directory + "/calibration/images/\(["0000", "0003"][number]).jpg", limit: 1 << 20)
  }

  private func base64(_ number: Int) throws -> String { Data(try picture(number)).base64EncodedString() }

  private func samples(_ path: String, limit: Int? = nil) throws -> [SampleSource.Sample] {
    var source = SampleSource.questions(path)
    source.limit = limit
    return try source.samples(builder)
  }

  private func problem(of path: String, limit: Int? = nil) -> String {
    let error = #expect(throws: (any Error).self) { try samples(path, limit: limit) }
    return error.map { "\($0)".replacing(folder.path + "/", with: "") } ?? ""
  }

  @Test func `rows of a table are asked as VLMEvalKit asks them, with the pictures of their cells`() throws {
    let table = try folder.write(
      "index\timage\tquestion\thint\tA\tB\tanswer\tcategory\n"
        + "7\t\(base64(0))\tWhich?\tLook.\tone\ttwo\ttwo\tcount\n" + "8\t7\t\"Two\nlines\"\t\t\t\t4\tsum\n",
      to: "table.tsv")
    for number in 0...1 { try folder.write(picture(number), to: "\(number).jpg") }
    let choice = #"Hint: Look.\nQuestion: Which?\nOptions:\nA. one\nB. two\nPlease select the correct answer "#
    let lines = try folder.write(
      #"{"image": "0.jpg", "question": "\#(choice)from the options above. \n", "answer": "B", "kind": "count"}"# + "\n"
        + #"{"image": "0.jpg", "question": "Two\nlines", "answer": 4, "kind": "sum"}"#, to: "lines.jsonl")
    let (asked, expected) = (try samples(table), try samples(lines))
    #expect(asked.count == 2 && asked.map(\.input.ids) == expected.map(\.input.ids))
    #expect(asked.map(\.input.answerStart) == expected.map(\.input.answerStart))
    #expect(asked.map { $0.input.pixels?.tiles } == expected.map { $0.input.pixels?.tiles })
    #expect(asked.map(\.question.answer) == ["B", "4"] && asked.map(\.question.kind) == ["count", "sum"])
    #expect(asked.map(\.question.images) == [["row 1"], ["row 1"]])
    #expect(try samples(table, limit: 1).count == 1)
  }

  @Test func `pictures of a table may be files beside it`() throws {
    try folder.write(picture(0), to: "a.jpg")
    let table = try folder.write("index\timage_path\tquestion\n1\ta.jpg\tWhat?\n", to: "table.tsv")
    let source = SampleSource.questions(table)
    #expect(try source.paths() == [table, folder.path("a.jpg")])
    #expect(try source.samples(builder).map(\.question.images) == [["a.jpg"]])
  }

  @Test(arguments: [
    ("2\tx!\(String(repeating: "x", count: 80))\tc", "column \"image\": not base64"),
    ("2\tc", "2 cells, expected 3"),
    ("2\tPICTURE\tIs <image> HTML?", "2 times <image> for 1 pictures"),
    ("2\tPICTURE\t", "expected words in column \"question\""),
    ("2\t\(Data(repeating: 7, count: 99).base64EncodedString())\tc", "row 2: "),
  ]) func `what is wrong with a row is said with the line that it begins in`(row: String, problem: String) throws {
    let table = "index\timage\tquestion\n1\tPICTURE\t\"a\nb\"\n" + row + "\n"
    let path = try folder.write(table.replacing("PICTURE", with: base64(0)), to: "t.tsv")
    let told = self.problem(of: path)
    #expect(told.hasPrefix("t.tsv:4: ") && told.contains(problem), "\(told)")
  }

  @Test func `a table without questions is refused with its columns, one in UTF-16 by its encoding`() throws {
    #expect(try problem(of: folder.write("a\tb\n1\t2\n", to: "t.tsv")).contains("expected \"question\"; found: a, b"))
    let wide = try #require("index\tquestion\n1\ta?\n".data(using: .utf16))
    #expect(try problem(of: folder.write(Array(wide), to: "u.tsv")) == "u.tsv: is UTF-16; save it as UTF-8")
  }

  @Test func `each picture of a folder is asked the same, in the order of names`() throws {
    let photos = folder.path("photos")
    try FileManager.default.createDirectory(atPath: photos, withIntermediateDirectories: true)
    for (name, number) in [("b.JPG", 1), ("a.jpg", 0)] { try folder.write(picture(number), to: "photos/\(name)") }
    try folder.write("notes", to: "photos/notes.txt")
    let lines = try folder.write(
      ["a.jpg", "b.JPG"].map { #"{"image": "photos/\#($0)", "question": "Please describe the image in detail."}"# }
        .joined(separator: "\n"), to: "lines.jsonl")
    for path in [photos, photos + "/"] {
      let asked = try samples(path)
      #expect(asked.map(\.question.images) == [["a.jpg"], ["b.JPG"]])
      #expect(asked.map(\.input.ids) == (try samples(lines).map(\.input.ids)))
    }
    #expect(try SampleSource.questions(photos).paths() == [photos, photos + "/a.jpg", photos + "/b.JPG"])
    try folder.write("{}", to: "photos/q.jsonl")
    #expect(problem(of: photos).hasPrefix("photos: holds 'q.jsonl'; give that file"))
  }

  @Test func `a folder without pictures, and a picture that is none, are named`() throws {
    let photos = folder.path("photos")
    try FileManager.default.createDirectory(atPath: photos, withIntermediateDirectories: true)
    #expect(problem(of: photos).hasPrefix("photos: holds no picture"))
    try folder.write("no picture", to: "photos/a.png")
    #expect(problem(of: photos).hasPrefix("photos: a.png: "))
  }

  @Test func `pictures of a folder and of a table's paths stay inside the root that is given`() throws {
    let photos = folder.path("photos"), outside = try folder.write(picture(0), to: "a.jpg")
    try FileManager.default.createDirectory(atPath: photos, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: photos + "/a.jpg", withDestinationPath: outside)
    let table = try folder.write("index\timage_path\tquestion\n1\ta.jpg\tWhat?\n", to: "table.tsv")
    for path in [photos, table] {
      var source = SampleSource.questions(path)
      source.imagesRoot = photos
      #expect(throws: (any Error).self) { try source.samples(builder) }
    }
    #expect(try SampleSource.questions(photos).pictures().outside == 1)
  }
}
