// What `skyquant doctor` tells of a directory.
import Basics
import Doctor
import JSON
import Tensors

struct DoctorText {
  private let directory: String
  private let findings: [Finding]
  private let areValuesRead: Bool
  private let isComparable: Bool

  /// - Parameter isComparable: Whether `verify` can look at the model, too.
  init(_ findings: [Finding], directory: String, areValuesRead: Bool, isComparable: Bool) {
    self.findings = findings
    self.directory = directory
    self.areValuesRead = areValuesRead
    self.isComparable = isComparable
  }

  /// How many findings are so bad.
  func count(_ severity: Finding.Severity) -> Int { findings.count { $0.severity == severity } }

  /// The findings for programs.
  var json: JSONValue {
    [
      "schema": "skyquant.doctor/1", "directory": .string(directory), "values_read": .bool(areValuesRead),
      "errors": .integer(count(.error)), "warnings": .integer(count(.warning)), "notes": .integer(count(.note)),
      "findings": .array(findings.map(\.json)),
    ]
  }

  /// A line for each finding, one for the whole, and where to look next.
  var lines: [StyledText] {
    findings.map(\.line) + [counts] + (count(.error) > 0 || !isComparable ? [] : next)
  }

  private var counts: StyledText {
    let errors = StyledText("errors: \(count(.error))", count(.error) > 0 ? .bad : .good)
    let warnings = StyledText("warnings: \(count(.warning))", count(.warning) > 0 ? .warning : nil)
    return "\(directory.displayed): \(errors), \(warnings), notes: \(count(.note))"
  }

  private var next: [StyledText] {
    let verifying = StyledText.command(
      "skyquant", "verify", directory.shellPath, "--reference", "DIR", "--questions", "FILE")
    return [
      "next: \(verifying)", "  shows what files cannot: the order of codes, the offset of zeros, the size of scales",
    ]
  }
}

extension Finding {
  /// The description, which begins with the severity.
  fileprivate var line: StyledText {
    StyledText(severity.rawValue, severity.role) + StyledText(String(description.dropFirst(severity.rawValue.count)))
  }
}

extension Finding.Severity {
  fileprivate var role: TextRole? {
    switch self {
    case .error: .bad
    case .warning: .warning
    case .note: nil
    }
  }
}
