// What can be chosen of a GGUF export.
internal import GGUF

/// Choices of a GGUF export.
public struct GGUFOptions: Sendable, Equatable {
  /// How int4 linears are stored.
  public enum LinearType: String, Sendable, CaseIterable {
    /// Codes and scales as they are, zeros as offsets: 5 bits a weight.
    case q4_1
    /// Codes as they are, scales and offsets as multiples of 6 bits: 4.5 bits a weight. Linears whose rows are
    /// not whole blocks of 256, or that would lose too much, become Q4_1.
    case q4_K = "q4_k"
  }

  /// How a matrix of floats is stored.
  public enum MatrixType: String, Sendable, CaseIterable {
    case f16, bf16, f32, q8_0
  }

  /// The order of the rows of a vision tower's table of positions.
  public enum PositionLayout: String, Sendable, CaseIterable {
    /// The class token's first, as in the checkpoint and as llama.cpp's own converter leaves them.
    case huggingFace = "hf"
    /// The class token's last, where llama.cpp puts the class token.
    case llamaCpp = "llamacpp"
  }

  public var linears = LinearType.q4_1
  /// Of embedding table and output head; nil as they are stored.
  public var embeddings: MatrixType?
  /// Of the matrices of vision tower and projector.
  public var mmproj = MatrixType.f16
  public var positions = PositionLayout.llamaCpp

  /// Linears as Q4_1, everything else of the language model as it is stored, the vision tower as llama.cpp
  /// computes it best.
  public init() {}
}

/// How a model sees pictures, where its files say so.
public struct GGUFPictures: Sendable, Equatable {
  /// What is subtracted of red, green and blue, which lie between 0 and 1, and what the differences are divided by.
  public var mean: [Float], deviation: [Float]
  /// Fewest and most tiles of a picture.
  public var minTiles: Int, maxTiles: Int
  /// Whether the whole picture follows as a further tile.
  public var usesThumbnail: Bool

  public init(mean: [Float], deviation: [Float], minTiles: Int, maxTiles: Int, usesThumbnail: Bool) {
    self.mean = mean
    self.deviation = deviation
    self.minTiles = minTiles
    self.maxTiles = maxTiles
    self.usesThumbnail = usesThumbnail
  }
}

extension GGUFOptions.MatrixType {
  /// What the file calls it.
  var tensorType: GGUFTensorType {
    switch self {
    case .f16: .float16
    case .bf16: .bfloat16
    case .f32: .float32
    case .q8_0: .q8_0
    }
  }

  /// llama.cpp's number of files that are mostly of this type.
  var fileType: UInt32 {
    switch self {
    case .f32: 0
    case .f16: 1
    case .q8_0: 7
    case .bf16: 32
    }
  }
}
