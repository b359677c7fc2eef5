// The file of vision tower and projector, mmproj-….gguf.
internal import GGUF
internal import Kernels
internal import ModelConfig
internal import ModelFiles
internal import Storage
internal import Tensors

/// Vision tower and projector as a GGUF file that llama.cpp reads beside the language model's.
struct VisionPart {
  let plan: GGUFPlan
  private let source: ModelFile
  private let options: GGUFOptions
  private let weights: [VisionWeight]

  /// A weight of the model and its place in the file.
  private struct VisionWeight {
    let source: RequiredWeight
    let target: GGUFTensor
  }

  /// The part of a model whose weights are those that config.json calls for.
  /// - Throws: `ModelFilesError.unsupported` for what the format cannot hold.
  init(_ source: ModelFile, _ multimodal: MultimodalConfig, _ pictures: GGUFPictures, _ options: GGUFOptions) throws {
    self.source = source
    self.options = options
    weights = source.config.requiredWeights.compactMap { weight in
      VisionNames.name(of: weight.name).map { name in
        let type = Self.type(of: weight, options), shape = Self.shape(of: weight)
        return VisionWeight(source: weight, target: GGUFTensor(name: name, type: type, shape: shape))
      }
    }
    plan = try source.plan(
      VisionMetadata.values(source, multimodal, pictures, options), weights.map(\.target))
  }

  /// Vectors and positions are in full precision, since llama.cpp adds them to what is; its convolution reads
  /// no other kernels than F16 and F32.
  private static func type(of weight: RequiredWeight, _ options: GGUFOptions) -> GGUFTensorType {
    if weight.isMatrix { return options.mmproj.tensorType }
    return weight.name == VisionNames.patches && options.mmproj == .f16 ? .float16 : .float32
  }

  /// Extents without those of 1 that stand first.
  private static func shape(of weight: RequiredWeight) -> Shape {
    let sizes = weight.extents.map(\.size)
    return weight.isMatrix ? Shape(sizes) : Shape(Array(sizes.drop { $0 == 1 }))
  }

  /// Writes all tensors.
  /// - Returns: What rounding took from the matrices, relative to them.
  /// - Throws: `GGUFExportError`, `ModelFilesError`, `StorageError`, what `onTensor` throws.
  func write<Sink: ByteSink & ~Copyable>(
    into writer: inout GGUFWriter<Sink>, onTensor: () throws -> Void
  ) throws -> Double {
    var encoder = MatrixEncoder(options.mmproj, path: source.path)
    var exact = MatrixEncoder(.f32, path: source.path)
    for weight in weights {
      let name = weight.source.name, shape = Shape(weight.source.extents.map(\.size))
      if weight.source.isMatrix {
        let matrix = try source.weights.matrix(name, rows: shape[0], columns: shape[1])
        try encoder.write(matrix, name, into: &writer)
      } else {
        let values = ordered(try source.weights.tensor(name, shape: shape).values, of: name, in: weight.target.shape)
        if weight.target.type == .float16 {
          try encoder.write(values, name, into: &writer)
        } else {
          try exact.write(values, name, into: &writer)
        }
      }
      try onTensor()
    }
    source.releasePages()
    return encoder.relativeError
  }

  /// llama.cpp appends the class token to the patches and adds row j of the table to token j, so that the class
  /// token's row must be the last.
  private func ordered(_ values: [Float], of name: String, in shape: Shape) -> [Float] {
    guard name == VisionNames.positions, options.positions == .llamaCpp else { return values }
    let width = shape.dimensions.last ?? 0
    return Array(values[width...] + values[..<width])
  }
}

extension ModelFile {
  /// The plan of a file made from this model.
  /// - Throws: `ModelFilesError.unsupported` for a tensor that the format cannot hold.
  func plan(_ metadata: [(key: String, value: GGUFValue)], _ tensors: [GGUFTensor]) throws(ModelFilesError) -> GGUFPlan
  {
    do throws(GGUFError) {
      return try GGUFPlan(metadata: metadata, tensors: tensors)
    } catch {
      throw .unsupported(path: path, reason: "\(error)")
    }
  }
}
