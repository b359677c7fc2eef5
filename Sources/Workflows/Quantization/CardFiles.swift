// What a model hub wants beside a checkpoint: a card.
internal import Basics
internal import ModelCards
internal import ModelFiles
internal import Reports
internal import Storage

/// The card of what a quantization writes, and perhaps that of the original.
struct CardFiles {
  /// Names and bytes.
  private(set) var files: [(name: String, bytes: [UInt8])] = []
  /// Files of the original in whose place they are.
  private(set) var leftBehind: Set<String> = []
  /// What of the original's card could not go along, one line each.
  private(set) var notes: [String] = []

  /// The files of a quantization of `source`.
  /// - Throws: why a file of the original cannot be read; one of these is looked at before the work.
  init(_ recipe: Recipe, of source: ModelFile, _ report: QuantizationReport, tensorByteCount: Int) throws {
    // Two names that differ in upper and lower case alone are one file on some systems.
    let name = source.carried.names.first { $0.lowercased() == ModelCard.fileName.lowercased() }
    let original = try name.flatMap { try source.files.bytes(of: $0) }
    let front = FrontMatter(of: original ?? [], keys: Set(QuantizationCard.carriedKeys))
    if !front.unread.isEmpty {
      notes.append(
        "\(source.path.displayed)/\((name ?? "").displayed): \(front.unread.joined(separator: ", ")): not plainly "
          + "understood, and left out of the new model card; add what is missing there")
    }
    let card = QuantizationCard(report, base: recipe.baseModel, original: front, byteCount: tensorByteCount)
    files.append((ModelCard.fileName, card.card.bytes))
    if recipe.keepsCard, let original { files.append((ModelCard.originalName, original)) }
    leftBehind = name.map { [$0] } ?? []
  }
}
