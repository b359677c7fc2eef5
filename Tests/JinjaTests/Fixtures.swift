// What the tests read: templates, conversations, and what jinja2 and transformers make of them.
import Foundation
import JSON
import Jinja
import Testing

enum Fixtures {
  /// What `strftime_now` prints where the expectations were made.
  static let date = TemplateDate(year: 2024, month: 7, day: 26, hour: 15, minute: 4, second: 9)

  /// The templates below Resources/templates, by name.
  static let templateNames: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: resources + "templates")) ?? []
    return names.filter { $0.hasSuffix(".jinja") }.map { String($0.dropLast(6)) }.sorted()
  }()

  static func json(_ name: String) throws -> JSONValue { try JSONValue(parsing: bytes(name)) }

  static func template(_ name: String) throws -> String {
    String(decoding: try bytes("templates/\(name).jinja"), as: UTF8.self)
  }

  private static let resources = Bundle.module.bundlePath + "/Resources/"

  private static func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: resources + name)))
  }
}

/// What jinja2 made of a template. Written by Scripts/golden/chat_templates.py.
enum Outcome: Equatable {
  case text(String)
  case raised(String)
  /// jinja2 refuses the template, or fails while it renders it.
  case failure(isSyntax: Bool)

  init(_ json: JSONValue) throws {
    if let text = json["text"]?.stringValue {
      self = .text(text)
    } else if let message = json["raised"]?.stringValue {
      self = .raised(message)
    } else {
      self = .failure(isSyntax: try #require(json["error"]?.stringValue) == "syntax")
    }
  }

  /// Texts are compared by their scalars: `==` on `String` calls canonically equivalent texts equal.
  static func == (left: Outcome, right: Outcome) -> Bool {
    switch (left, right) {
    case (.text(let left), .text(let right)), (.raised(let left), .raised(let right)):
      left.unicodeScalars.elementsEqual(right.unicodeScalars)
    case (.failure(let left), .failure(let right)): left == right
    default: false
    }
  }
}

/// How a rendering ends here. What this subset leaves out, or its limits, are never what jinja2 does.
func outcome(_ render: () throws -> String) throws -> Outcome {
  do {
    return .text(try render())
  } catch let error as JinjaError {
    switch error {
    case .raised(_, let message): return .raised(message)
    case .syntax: return .failure(isSyntax: true)
    // Endless recursion: jinja2 meets Python's limit there.
    case .undefined, .evaluation, .limit(_, .depth): return .failure(isSyntax: false)
    case .unsupported, .limit: throw error
    }
  }
}

/// The text of a template for variables, without a conversation.
func render(
  _ template: String, _ variables: JSONObject = [:], limits: JinjaLimits = JinjaLimits()
) throws -> String {
  try ChatTemplateProgram(parsing: template, limits: limits).render(variables: variables, date: Fixtures.date)
}
