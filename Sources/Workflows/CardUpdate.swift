// What a measurement cost, written into the card of the model that was measured, and of no other.
internal import Basics
internal import JSON
public import ModelCards
internal import ModelFiles
internal import Storage

/// A section of a model's card that a measurement fills in.
public struct CardUpdate {
  /// Number, among the models that are measured, of the one that the card is about.
  public let number: Int
  private let path: String
  private let section: CardSection

  private static let byteLimit = 16 << 20

  /// Looks before the work whether the card in `directory` can take it.
  /// - Parameter models: What will be measured: the directory itself, one with the same weights, or a .skyq file that was
  ///   packed from them.
  /// - Throws: `WorkflowError.noCardSection`, `otherCard`; `StorageError`; what opening the models and `observe` throw.
  public init(
    _ directory: String, _ section: CardSection, of models: [String], _ observe: RunObserver = { _ in }
  ) throws {
    let directory = try HubCache.resolved(directory)
    path = directory + "/" + ModelCard.fileName
    self.section = section
    let place = resolvedPath(directory)
    let places = try models.map { resolvedPath(try HubCache.resolved($0)) }
    if let place, let number = places.firstIndex(of: place) {
      self.number = number
    } else {
      let weights = try ModelFile.open(directory).weightDigests(observe)
      guard let number = try models.firstIndex(where: { try ModelFile.open($0).weightDigests(observe) == weights })
      else {
        throw WorkflowError.otherCard(directory: directory, models: models)
      }
      self.number = number
    }
    _ = try changed([])
  }

  /// Writes `lines` of Markdown into the section, and nothing else. The old card stays until the new one is whole.
  /// - Throws: as above.
  public func write(_ lines: [String]) throws {
    let bytes = try changed(lines)
    var writer = try AtomicFileWriter(
      path: path, overwriting: true, permissions: OutputPermissions(from: [path]), byteCount: bytes.count)
    unsafe try writer.append(bytes.span.bytes)
    try writer.commit()
  }

  private func changed(_ lines: [String]) throws -> [UInt8] {
    guard let bytes = section.replacing(in: try readFile(path, limit: Self.byteLimit), with: lines) else {
      throw WorkflowError.noCardSection(path: path, section: section.rawValue)
    }
    return bytes
  }
}

extension ModelFile {
  /// Digests of the files of weights; of a .skyq file of those that it was packed from, as it says itself.
  fileprivate func weightDigests(_ observe: RunObserver) throws -> [SourceDigest] {
    guard kind == .skyq else {
      return try audited { try observe(.progress(.hashing, done: $0, total: $1)) }.digests
    }
    return (try ModelProvenance(self).packing?["sources"]?.arrayValue ?? []).compactMap(SourceDigest.init)
  }
}
