// What a run finds out before its first layer, which may take hours: digests of the weights, pictures in front of the first
// layer. Secured now and then, so that a later run takes it over.
internal import Calibration
internal import JSON
internal import ModelFiles
internal import Storage
internal import Tensors

/// What is known already, and what a stopped run has left of it.
struct Preparation {
  private let place: PreparedPlace
  private var values: PreparedValues?
  /// Where an earlier run's values are looked for, and this one's added; nil for those that would not be found again.
  private var sources: (key: SHA256Digest, digests: [SourceDigest])?
  /// Samples that are in front of the first layer, by their keys.
  private var samples: [(key: SHA256Digest, index: Int)] = []
  private let interval: Double
  private let clock: RunClock
  private var last: Double

  /// - Parameters:
  ///   - place: Where a stopped run may have left something.
  ///   - interval: Seconds after which work is secured, at least.
  init(at place: PreparedPlace, interval: Double, clock: RunClock) throws {
    self.place = place
    values = try place.left()
    self.interval = interval
    self.clock = clock
    last = clock.elapsed
  }

  /// The digests of the weights, if a stopped run has found them and no file was touched since.
  func digests(of file: ModelFile) throws -> [SourceDigest]? {
    guard let key = file.weightIdentity, let bytes = try values?.value(key), let json = try? JSONValue(parsing: bytes)
    else { return nil }
    let digests = json.arrayValue?.compactMap(SourceDigest.init) ?? []
    return digests.count == file.weightFileCount ? digests : nil
  }

  /// Remembers an audit; one with findings is made again.
  mutating func add(_ audit: SourceAudit, of file: ModelFile) {
    guard audit.findings.isEmpty, let key = file.weightIdentity else { return }
    sources = (key, audit.digests)
  }

  /// A sample in front of the first layer, `[tokens, width]`, if a stopped run has brought it there.
  func embeddings(_ key: SHA256Digest, tokens: Int, width: Int) throws -> Tensor? {
    guard let bytes = try values?.value(key), bytes.count == tokens * width * MemoryLayout<Float>.size else {
      return nil
    }
    let values = unsafe bytes.withUnsafeBytes { unsafe Array($0.bindMemory(to: Float.self)) }
    return Tensor(shape: [tokens, width], values: values)
  }

  /// Remembers that a sample is in front of the first layer.
  mutating func add(sample index: Int, _ key: SHA256Digest) { samples.append((key, index)) }

  /// Secures what is known if it is time.
  /// - Parameter activations: Those of the samples that were added.
  mutating func secure(_ activations: ActivationStore? = nil) throws {
    guard clock.elapsed - last >= interval else { return }
    let values = try self.values ?? place.make()
    self.values = values
    if let sources {
      let json = try JSONValue.array(sources.digests.map(\.json)).serialized(.compact)
      try values.add(unsafe json.span.bytes, for: sources.key)
    }
    for (key, index) in samples where !values.contains(key) {
      guard let floats = try activations?.embeddings(of: index).values else { continue }
      try values.add(unsafe floats.span.bytes, for: key)
    }
    try values.synchronize()
    last = clock.elapsed
  }
}

extension ActivationShape {
  /// Bytes that may be secured of samples in front of the first layer.
  var preparedByteCount: Int { tokenCount * hiddenSize * MemoryLayout<Float>.size }
}

extension ModelFile {
  /// What tells these files of weights, unchanged, from all others; nil if that cannot be told.
  fileprivate var weightIdentity: SHA256Digest? {
    let identities = weightFiles.compactMap(\.identity)
    guard identities.count == weightFileCount else { return nil }
    return SHA256Hasher.hash(Array(("weights " + Version.current + "\n" + identities.joined(separator: "\n")).utf8))
  }
}
