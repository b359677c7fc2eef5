// The linears outside the decoder's layers by name: in which part of the model they stand, and what they read there.

/// A part of the model outside the decoder's layers, in the order of computation.
public enum OutsidePart: Sendable, Hashable, Comparable {
  /// A layer of the vision tower.
  case tower(layer: Int)
  /// `mlp1`.
  case projector
  /// The output head.
  case head
}

/// What a linear outside the decoder's layers reads.
public enum OutsideInput: Sendable, Hashable {
  /// One of the four inputs in a layer of the vision tower: of q_proj, k_proj and v_proj, of proj, of fc1, of fc2.
  case tower(layer: Int, LinearSite)
  /// The input of the projector's first linear, or of its second.
  case projector(Int)
  /// What the output head reads.
  case head

  /// The part that the linear stands in.
  public var part: OutsidePart {
    switch self {
    case .tower(let layer, _): .tower(layer: layer)
    case .projector: .projector
    case .head: .head
    }
  }

  /// What the linear of this canonical name reads; nil for a linear that is none of these.
  public init?(module: String) {
    if module == DecoderNames.head {
      self = .head
    } else if let index = Self.projectorLinears.firstIndex(of: module) {
      self = .projector(index)
    } else if let layer = WeightNames.layer(of: module, in: .vision),
      let (_, site) = Self.towerLinears.first(where: { module.hasSuffix("." + $0.name) })
    {
      self = .tower(layer: layer, site)
    } else {
      return nil
    }
  }

  private static let projectorLinears = ["mlp1.1", "mlp1.3"]
  private static let towerLinears: [(name: String, site: LinearSite)] = [
    ("attn.q_proj", .attentionInput), ("attn.k_proj", .attentionInput), ("attn.v_proj", .attentionInput),
    ("attn.proj", .attentionOutput), ("mlp.fc1", .mlpInput), ("mlp.fc2", .mlpOutput),
  ]
}
