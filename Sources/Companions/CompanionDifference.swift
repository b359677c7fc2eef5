// One way in which what travels with a model's weights is not what travels with its reference's.
internal import Basics

/// A setting of a model's small files that means something else than the reference's.
public struct CompanionDifference: Sendable, Equatable {
  /// The file's name, as `tokenizer.json`.
  public let file: String
  /// The setting: a dotted key, or a part such as `vocabulary`.
  public let setting: String
  /// What the reference says.
  public let reference: String
  /// What this model says.
  public let own: String

  /// One line for people, names and values escaped. Of long values it shows the place where they part.
  public var description: String {
    let (own, reference) = shortened
    return "\(file.displayed): \(setting.displayed): \(own.displayed), in the reference \(reference.displayed)"
  }

  private var shortened: (own: String, reference: String) {
    let (mine, theirs) = (Array(own.unicodeScalars), Array(reference.unicodeScalars))
    let (shown, context) = (60, 20)
    guard max(mine.count, theirs.count) > 2 * shown else { return (own, reference) }
    let start = max(0, zip(mine, theirs).prefix { $0 == $1 }.count - context)
    func excerpt(_ scalars: [Unicode.Scalar]) -> String {
      let part = scalars.dropFirst(start)
      return (start > 0 ? "…" : "") + String(String.UnicodeScalarView(part.prefix(shown)))
        + (part.count > shown ? "…" : "")
    }
    return (excerpt(mine), excerpt(theirs))
  }
}

/// The settings of one file, each in one spelling of its meaning, so that those of two models can be compared as text.
struct SettingList {
  let file: String
  private(set) var settings: [(name: String, value: String)] = []

  init(file: String) { self.file = file }

  /// Adds a setting; nil says that there is nothing.
  mutating func add(_ name: String, _ value: String?) {
    if let value { settings.append((name, value)) }
  }

  /// Settings with other values, or that only one of the two has, in the order of the reference.
  func differences(from reference: SettingList) -> [CompanionDifference] {
    let mine = Dictionary(settings.map { ($0.name, $0.value) }) { first, _ in first }
    let theirs = Dictionary(reference.settings.map { ($0.name, $0.value) }) { first, _ in first }
    let names = reference.settings.map(\.name) + settings.map(\.name).filter { theirs[$0] == nil }
    return names.filter { !isSame(mine[$0], theirs[$0]) }.map {
      CompanionDifference(
        file: file, setting: $0, reference: theirs[$0] ?? "nothing", own: mine[$0] ?? "nothing")
    }
  }

  /// Settings that both have, with other values.
  func contradictions(to reference: SettingList) -> [CompanionDifference] {
    let (mine, theirs) = (Set(settings.map(\.name)), Set(reference.settings.map(\.name)))
    return differences(from: reference).filter { mine.contains($0.setting) && theirs.contains($0.setting) }
  }

  /// Byte by byte: `String` would take two spellings of an é for one.
  private func isSame(_ first: String?, _ second: String?) -> Bool {
    guard let first, let second else { return first == nil && second == nil }
    return first.utf8.elementsEqual(second.utf8)
  }
}
