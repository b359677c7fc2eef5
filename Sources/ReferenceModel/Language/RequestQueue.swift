// Prompts on their way into a batch.
internal import Tensors

/// The prompts that wait, and which of them there is room for.
struct RequestQueue {
  typealias Entry = (number: Int, request: GenerationRequest)

  /// Texts generated together.
  private let sequences: Int
  /// Tokens that there is room for in the caches of all of them.
  private let room: Int
  /// Whether prompts are for generation: one of which nothing is to be generated is not admitted then.
  private let generates: Bool
  /// Prompts that have been asked for.
  private var count = 0
  /// One that there was no room for.
  private var waiting: GenerationRequest?
  private var hasEnded = false

  init(limits: BatchLimits, bytesPerToken: Int, generates: Bool = true) {
    self.generates = generates
    sequences = limits.sequences
    room = limits.cacheByteCount / bytesPerToken
  }

  /// Whether nothing more will come.
  var isDry: Bool { hasEnded && waiting == nil }

  /// Tokens that a request's keys and values are kept of: as many as it may come to, or as many as may be
  /// kept at all.
  func cacheTokens(_ request: GenerationRequest) -> Int {
    let (most, overflows) = request.prompt.rowCount.addingReportingOverflow(request.maxTokens)
    let limit = max(request.prompt.rowCount, room)
    return overflows ? limit : min(most, limit)
  }

  /// Takes as many prompts as there is room for; at least one if nothing else is generated.
  /// - Parameters:
  ///   - ended: A sequence whose keys and values are kept for prompts that begin like its own. It goes where there is no
  ///     room for it.
  ///   - onNothing: Called with the number of each prompt that nothing is to be generated from.
  mutating func admit(
    beside active: [ActiveSequence], keeping ended: inout ActiveSequence?, next: () throws -> GenerationRequest?,
    onNothing: (Int) throws -> Void = { _ in }
  ) throws -> ArraySlice<Entry> {
    var admitted: ArraySlice<Entry> = []
    var tokens = active.reduce(0) { $0 + $1.cacheTokens }
    while active.count + admitted.count < sequences, let request = try pull(next) {
      guard request.prompt.rowCount > 0 else { throw ReferenceModelError.emptyPrompt }
      if generates, request.maxTokens <= 0 {
        try onNothing(count)
      } else {
        let wanted = tokens + cacheTokens(request)
        guard wanted <= room || (active.isEmpty && admitted.isEmpty) else {
          waiting = request
          break
        }
        tokens = wanted
        admitted.append((count, request))
      }
      count += 1
    }
    if let kept = ended, tokens + kept.cacheTokens > room { ended = nil }
    return admitted
  }

  private mutating func pull(_ next: () throws -> GenerationRequest?) throws -> GenerationRequest? {
    if let request = waiting {
      waiting = nil
      return request
    }
    guard !hasEnded, let request = try next() else {
      hasEnded = true
      return nil
    }
    return request
  }
}
