// One quantized linear from its tensors, which decide what it is; what config.json says of it must agree.
internal import Basics
internal import ModelConfig
internal import Quantization
internal import Safetensors
internal import Tensors

/// Reads the quantized linears of a checkpoint.
struct LinearReader {
  private let checkpoint: SafetensorsCheckpoint
  private let stated: QuantizationConfig
  /// Whether input features may be in another order than their groups.
  private let readsActOrder: Bool

  init(_ checkpoint: SafetensorsCheckpoint, _ stated: QuantizationConfig, readingActOrder readsActOrder: Bool) {
    self.checkpoint = checkpoint
    self.stated = stated
    self.readsActOrder = readsActOrder
  }

  /// The linear of `module`, which has codes. Headers are read, and of the data what says how the linear is laid out.
  func linear(_ module: String, _ parts: LinearParts) throws -> StoredTensor {
    let tensors = try tensors(of: module, parts)
    try requireStatedLayout(tensors)
    guard let (rows, columns, bits) = try size(of: tensors, module, parts),
      let layout = stated.layout.words.holding(bits: bits),
      let matrix = WordMatrix(
        layout, codes: tensors.codes, zeros: tensors.zeros, scales: tensors.scales, rows: rows,
        columns: columns, path: checkpoint.path)
    else { throw wrongShape(tensors) }
    let kinds = try statedKinds(of: matrix, tensors.scales.info.name)
    if tensors.zeros == nil, kinds.allSatisfy(\.hasZeroPoint) {
      throw ModelFilesError.incompleteLinear(path: checkpoint.path, module: module, missing: module + parts.zeros)
    }
    let name = module + ".weight"
    if let order = try order(module + parts.groupIndex, of: matrix) {
      return StoredTensor(name: name, content: .quantized(matrix.ordered(by: order)), proof: proof(matrix, kinds))
    }
    if stated.layout == .awq, let zeros = tensors.zeros,
      let decoded = AWQGEMMMatrix(
        qweight: tensors.codes, qzeros: zeros, scales: tensors.scales, scheme: matrix.scheme)
    {
      return StoredTensor(name: name, content: .quantized(decoded))
    }
    return StoredTensor(name: name, content: .quantized(matrix), proof: proof(matrix, kinds))
  }

  /// That the stored zeros have one meaning, to a model that may call itself symmetric.
  private func proof(_ matrix: WordMatrix, _ kinds: [QuantizationConfig.Kind]) -> ContentProof {
    let isSymmetric = !kinds.isEmpty && !kinds.contains { $0.hasZeroPoint }
    return ContentProof { try matrix.requireClearZeros(isSymmetric: isSymmetric) }
  }

  private struct LinearTensors {
    let codes: TensorView
    let zeros: TensorView?
    let scales: TensorView

    var all: [TensorView] { [codes, zeros, scales].compactMap(\.self) }
  }

  /// Zeros may be left out only where the layout can do without, by a model that calls itself symmetric.
  private func tensors(of module: String, _ parts: LinearParts) throws -> LinearTensors {
    func part(_ suffix: String) throws -> TensorView {
      guard checkpoint.contains(module + suffix) else {
        throw ModelFilesError.incompleteLinear(path: checkpoint.path, module: module, missing: module + suffix)
      }
      return try checkpoint.view(module + suffix)
    }
    let lacksZeros = parts.shape != nil && !stated.hasZeroPoint && !checkpoint.contains(module + parts.zeros)
    return LinearTensors(
      codes: try part(parts.codes), zeros: lacksZeros ? nil : try part(parts.zeros), scales: try part(parts.scales))
  }

  /// Rows, columns and bits of a code; nil if the shapes do not say.
  private func size(
    of tensors: LinearTensors, _ module: String, _ parts: LinearParts
  ) throws -> (rows: Int, columns: Int, bits: Int)? {
    let codes = tensors.codes.info.shape
    guard codes.rank == 2, codes.dimensions.allSatisfy({ $0 <= Int.max / 32 }) else { return nil }
    switch stated.layout {
    case .awq:
      let bits = try bits(tensors, module, words: codes[1], values: tensors.scales.info.shape.dimensions.last)
      return (codes[1] * 32 / bits, codes[0], bits)
    case .gptq, .gptqV2:
      let bits = try bits(
        tensors, module, words: tensors.zeros?.info.shape.dimensions.last ?? 0, values: codes[1])
      return (codes[1], codes[0] * 32 / bits, bits)
    case .packQuantized:
      guard let suffix = parts.shape, checkpoint.contains(module + suffix) else {
        throw ModelFilesError.incompleteLinear(
          path: checkpoint.path, module: module, missing: module + (parts.shape ?? ""))
      }
      guard let extents = try checkpoint.view(module + suffix).wholeNumbers, extents.count == 2,
        extents.allSatisfy({ (1...1 << 30).contains($0) })
      else { return nil }
      return (extents[0], extents[1], try bits(tensors, module, words: codes[1], values: extents[1]))
    }
  }

  /// Bits of each of so many values in so many words; 4 where that comes to no whole number, which other checks refuse.
  private func bits(
    _ tensors: LinearTensors, _ module: String, words: Int, values: Int?
  ) throws(ModelFilesError) -> Int {
    guard let values, values > 0, words <= Int.max / 32, 32 * words % values == 0 else { return 4 }
    let bits = 32 * words / values
    guard (2...16).contains(bits) else { return 4 }
    guard bits == 4 || bits == 8, stated.layout.words.holding(bits: bits) != nil else {
      throw .unsupported(
        path: checkpoint.path,
        reason: "linear '\(module.displayed)' is stored in \(bits) bits, of which only headers are read; "
          + (stated.layout == .awq ? "4 bits are" : "4 and 8 bits are") + " computed with")
    }
    let said = Set(stated.kinds.map(\.bits))
    guard said.isEmpty || said.contains(bits) else {
      throw .contradictoryLayout(
        path: checkpoint.path, tensor: tensors.codes.info.name, stated: "\(Self.alternatives(said)) bits",
        found: "\(bits)")
    }
    return bits
  }

  /// Eight codes a word along the output are AWQ's, along the input GPTQ's: the length of a row of scales tells.
  private func requireStatedLayout(_ tensors: LinearTensors) throws(ModelFilesError) {
    let codes = tensors.codes.info, scales = tensors.scales.info.shape
    let isPacked = codes.name.hasSuffix(".weight_packed")
    let found: QuantizationConfig.Layout
    if isPacked {
      found = .packQuantized
    } else if codes.shape.rank == 2, scales.rank == 2, scales[1] > 0, codes.shape[1] == scales[1] {
      found = stated.layout == .gptqV2 ? .gptqV2 : .gptq
    } else if codes.shape.rank == 2, scales.rank == 2, codes.shape[1] < scales[1] {
      found = .awq
    } else {
      found = stated.layout == .packQuantized ? .awq : stated.layout
    }
    guard found != stated.layout else { return }
    throw .contradictoryLayout(
      path: checkpoint.path, tensor: codes.name, stated: stated.layout.rawValue, found: found.rawValue)
  }

  /// What config.json says of linears with the bits and groups of `matrix`, whichever modules that is for; empty where
  /// modules have rules that are not read.
  private func statedKinds(
    of matrix: WordMatrix, _ tensor: String
  ) throws(ModelFilesError) -> [QuantizationConfig.Kind] {
    let ofTheseBits = stated.kinds.filter { $0.bits == matrix.layout.bits }
    let found = ofTheseBits.filter {
      matrix.storedGroupSize == ($0.groupSize == -1 ? matrix.columns : $0.groupSize)
    }
    guard found.isEmpty, !stated.kinds.isEmpty else { return found }
    throw .contradictoryLayout(
      path: checkpoint.path, tensor: tensor,
      stated: "group_size \(Self.alternatives(Set(ofTheseBits.map(\.groupSize))))",
      found: "\(matrix.storedGroupSize)")
  }

  private static func alternatives(_ values: Set<Int>) -> String {
    values.sorted().map(String.init).joined(separator: " or ")
  }

  /// The group of each input feature; nil if they are not told one by one, or are in order.
  private func order(_ name: String, of matrix: WordMatrix) throws -> [Int]? {
    guard checkpoint.contains(name) else { return nil }
    let view = try checkpoint.view(name), size = matrix.storedGroupSize, count = matrix.columns / size
    defer { view.release() }
    guard let groups = view.wholeNumbers, groups.count == matrix.columns else {
      throw ModelFilesError.wrongShape(
        path: checkpoint.path, name: name, expected: "I32 [\(matrix.columns)]",
        found: "\(view.info.dtype.rawValue) \(view.info.shape)")
    }
    if let feature = groups.indices.first(where: { !(0..<count).contains(groups[$0]) }) {
      throw QuantizationError.noSuchGroup(
        path: checkpoint.path, tensor: name, feature: feature, group: groups[feature], count: count)
    }
    guard let feature = groups.indices.first(where: { groups[$0] != $0 / size }) else { return nil }
    guard readsActOrder, stated.layout != .awq else {
      throw ModelFilesError.unsupported(
        path: checkpoint.path,
        reason: "tensor '\(name.displayed)': input feature \(feature) is of group \(groups[feature]), not "
          + "\(feature / size): act-order has no place in AWQ or .skyq; quantize with desc_act false, or round it "
          + "once more with `skyquant export --requantize`")
    }
    return groups
  }

  private func wrongShape(_ tensors: LinearTensors) -> ModelFilesError {
    .wrongShape(
      path: checkpoint.path, name: tensors.codes.info.name, expected: stated.layout.shapes,
      found: tensors.all.map { "\($0.info.dtype.rawValue) \($0.info.shape)" }.joined(separator: ", "))
  }
}

extension QuantizationConfig.Layout {
  /// How codes, zeros and scales of four bits are stored.
  var words: WordLayout {
    switch self {
    case .awq: .awqGEMM
    case .gptq: .gptqV1
    case .gptqV2: .gptqV2
    case .packQuantized: .packQuantized
    }
  }

  /// What readers want, for messages.
  fileprivate var shapes: String {
    switch self {
    case .awq: "I32 [in, out/8], zeros I32 [groups, out/8] and scales [groups, out], in groups of a multiple of 32"
    case .gptq, .gptqV2:
      "I32 [in/8, out], zeros I32 [groups, out/8] and scales [groups, out], in groups of a multiple of 32"
    case .packQuantized:
      "I32 [out, in/8], zeros I32 [out/8, groups] and scales [out, groups], in groups of a multiple of 32"
    }
  }
}
