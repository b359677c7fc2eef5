// What programs put before all names when they save a model that stands inside a wrapper.

/// A prefix that all names of a checkpoint have and that no model's own names begin with.
public struct WrapperPrefix: Sendable, Equatable {
  /// As the names have it: `_orig_mod.`, `module.`, both, `base_model.model.`.
  public let text: String
  /// Whether the weights are those of PEFT's wrapper: adapters may stand beside them, unmerged.
  public let isAdapter: Bool

  private static let adapter = "base_model.model."
  private static let wrappers = [adapter, "_orig_mod.", "module."]

  /// The prefix of `names`; nil if one of them has none, or there are none.
  public init?(_ names: some Collection<String>) {
    guard let first = names.first else { return nil }
    var text = ""
    while let next = Self.wrappers.first(where: { first.dropFirst(text.count).hasPrefix($0) }) { text += next }
    while !text.isEmpty, !names.allSatisfy({ $0.hasPrefix(text) }) {
      guard let last = Self.wrappers.first(where: { text.hasSuffix($0) }) else { return nil }
      text.removeLast(last.count)
    }
    guard !text.isEmpty else { return nil }
    self.text = text
    isAdapter = text.contains(Self.adapter)
  }

  /// Who puts it there, and what to do.
  public var explanation: String {
    isAdapter
      ? "all names begin with '\(text)', which PEFT puts there: merge the adapter first (merge_and_unload) and save that "
        + "model"
      : "all names begin with '\(text)', which torch.compile (_orig_mod) or DataParallel (module) puts there"
  }
}
