// Whether the bytes of a .skyq file are those its front describes, Formats/skyq.md §9; of a large file
// perhaps a share, so that it can be checked a piece a night.
import Storage
import Tensors

/// How thoroughly bytes are checked.
public enum SkyqCheckLevel: Sendable {
  /// XXH3 of everything: damage. Runs at the speed of the disk.
  case quick
  /// Also SHA-256, padding, values and JSON: everything the format demands.
  case full
}

/// A part of a file that can be checked by itself, on any thread.
public enum SkyqCheckItem: Sendable, Hashable {
  case section(SkyqSection)
  case tensor(SkyqTensor)
  /// The bytes between all regions; checked at the full level only.
  case padding

  /// Bytes to read, for progress.
  public var byteCount: Int {
    switch self {
    case .section(let section): section.storedSize
    case .tensor(let tensor): tensor.byteCount
    case .padding: 0
    }
  }
}

extension SkyqFile {
  /// What `check(_:level:)` should be called for, in file order: the tensors of `subset`, and all that is no tensor.
  public func checkItems(_ level: SkyqCheckLevel, subset: SkyqCheckSubset = .whole) -> [SkyqCheckItem] {
    sections.map(SkyqCheckItem.section) + subset.selected(tensors).map(SkyqCheckItem.tensor)
      + (level == .full ? [.padding] : [])
  }

  /// All problems, in file order; for each part the first in the order of the specification.
  public func check(_ level: SkyqCheckLevel) -> [SkyqError] {
    checkItems(level).compactMap { check($0, level: level) }
  }

  /// The first problem of one part, or nil if it is as it should be.
  public func check(_ item: SkyqCheckItem, level: SkyqCheckLevel) -> SkyqError? {
    do throws(SkyqError) {
      switch item {
      case .section(let section): try check(section, level: level)
      case .tensor(let tensor): try check(tensor, level: level)
      case .padding: try checkPadding()
      }
      return nil
    } catch {
      return error.inFile(path)
    }
  }

  private func check(_ section: SkyqSection, level: SkyqCheckLevel) throws(SkyqError) {
    let bytes = try bytes(of: section)
    guard level == .full, let type = section.knownType, type.isJSON else { return }
    do throws(SkyqError) {
      _ = try CanonicalJSON.decode(bytes, for: type)
    } catch {
      throw error.about(section.part)
    }
  }

  private func check(_ tensor: SkyqTensor, level: SkyqCheckLevel) throws(SkyqError) {
    let part = SkyqPart.tensor(tensor.name)
    defer { for plane in tensor.planes { mapping.release(plane.offset..<plane.offset + plane.size) } }
    var digest = SHA256Hasher()
    for plane in tensor.planes {
      try requireIntact(plane, of: tensor)
      if level == .full { withPlane(plane) { digest.update($0) } }
    }
    guard level == .full else { return }
    guard digest.finalize() == tensor.sha256 else {
      throw SkyqError(.tensorDigest, "the values have another SHA-256", part: part, offset: tensor.planes.first?.offset)
    }
    try checkValues(of: tensor)
  }

  private func checkValues(of tensor: SkyqTensor) throws(SkyqError) {
    for (index, plane) in tensor.planes.enumerated() {
      var rule = PlaneValueRule(
        encoding: tensor.encoding, shape: tensor.shape, groupSize: tensor.groupSize, plane: index)
      if let position = withPlane(plane, { rule?.firstViolation(in: $0) }) {
        throw SkyqError(
          .value, PlaneValueRule.explanation, part: .tensor(tensor.name), offset: plane.offset + position)
      }
    }
  }

  private func checkPadding() throws(SkyqError) {
    var end = header.frontSize
    let regions =
      sections.map { (offset: $0.offset, size: $0.storedSize) }
      + tensors.flatMap(\.planes).map { (offset: $0.offset, size: $0.size) } + [(offset: header.fileSize, size: 0)]
    for region in regions {
      if let position = mapping.copy(end..<region.offset).firstIndex(where: { $0 != 0 }) {
        throw SkyqError(.padding, "padding must be zero", offset: end + position)
      }
      end = region.offset + region.size
    }
  }
}

/// Which tensors of a file are checked.
public struct SkyqCheckSubset: Sendable, Equatable {
  private enum Share: Equatable {
    /// The `part`-th of `count` shares.
    case part(Int, of: Int)
    /// So many of a hundred.
    case percent(Double)
  }

  private let share: Share
  /// As it was given.
  public let text: String

  public static let whole = SkyqCheckSubset(.part(1, of: 1), "1/1")

  private init(_ share: Share, _ text: String) {
    self.share = share
    self.text = text
  }

  /// Reads `3/7`, the third of seven shares that together are the whole, or `5%`, always the same tensors, spread evenly
  /// over the file; nil for anything else.
  public init?(_ text: String) {
    if text.hasSuffix("%") {
      guard let percent = Double(text.dropLast()), percent > 0, percent <= 100 else { return nil }
      self.init(.percent(percent), text)
      return
    }
    let numbers = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 2, let part = numbers[0], let count = numbers[1], count >= 1, (1...count).contains(part)
    else { return nil }
    self.init(.part(part, of: count), text)
  }

  /// The tensors of this share. At least one if there is any and the share is in percent.
  fileprivate func selected(_ tensors: SkyqTensorList) -> [SkyqTensor] {
    switch share {
    case .part(let part, let count):
      return stride(from: part - 1, to: tensors.count, by: count).map { tensors[$0] }
    case .percent(let percent):
      let count = Int((Double(tensors.count) * percent / 100).rounded(.up))
      return (0..<count).map { tensors[$0 * tensors.count / count] }
    }
  }
}
