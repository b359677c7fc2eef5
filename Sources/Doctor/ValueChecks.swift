// Values that no loader checks and every one multiplies by: read tensor by tensor, a bounded part at a time.
internal import Kernels
internal import Safetensors
internal import Tensors

struct ValueChecks {
  let checkpoint: SafetensorsCheckpoint
  let groupSize: Int?
  /// Whether weights are to be used in half precision.
  let servedInHalf: Bool
  /// What config.json states of quantized linears.
  private let stated: StatedQuantization?
  /// These, by their names.
  private let linears: [String: QuantizedLinear]

  init(
    checkpoint: SafetensorsCheckpoint, groupSize: Int?, servedInHalf: Bool, stated: StatedQuantization?,
    linears: [QuantizedLinear]
  ) {
    (self.checkpoint, self.groupSize, self.servedInHalf, self.stated) = (checkpoint, groupSize, servedInHalf, stated)
    self.linears = Dictionary(linears.map { ($0.module, $0) }) { first, _ in first }
  }

  /// Floats that a worker holds at a time.
  private static let chunk = 1 << 22
  private static let largestHalf = Float(Float16.greatestFiniteMagnitude)
  /// What is left of the range of half precision when a value is called close to its end.
  private static let headroom: Float = 4

  /// Findings of all tensors, in file order.
  func findings(onTensor: (Int, Int) -> Void) throws -> [Finding] {
    let names = checkpoint.tensors.map(\.name)
    var findings: [Finding] = []
    for start in stride(from: 0, to: names.count, by: 64) {
      let part = Array(names[start..<min(start + 64, names.count)])
      findings += try Parallel.map(part.count) { index in Result { try examined(part[index]) } }.flatMap {
        try $0.get()
      }
      onTensor(start + part.count, names.count)
    }
    return findings
  }

  private func examined(_ name: String) throws -> [Finding] {
    let view = try checkpoint.view(name)
    defer { view.release() }
    if let module = name.withoutSuffix(".qweight") { return isAWQ(module) ? deadGroups(view) : [] }
    if let linear = linear(name, at: \.zerosSuffix) {
      guard let stated else { return [] }
      let finding = SymmetricZeros(stated, linear)?.finding(view) ?? WrappedZeros(stated, linear)?.finding(view)
      return [finding].compactMap(\.self)
    }
    guard FloatFormat(view.info.dtype) != nil, view.info.shape.rank > 0, view.info.shape.elementCount > 0 else {
      return []
    }
    guard let linear = linear(name, at: \.scalesSuffix) else { return try plain(view) }
    return scales(view, try view.floats(), farthestLevel: farthestLevel(linear))
  }

  /// The linear in words that the tensor `name` is a part of, if its name ends so.
  private func linear(_ name: String, at suffix: KeyPath<StoredLayout, String>) -> QuantizedLinear? {
    for layout in [StoredLayout.awq, .packed] {
      guard let module = name.withoutSuffix(layout[keyPath: suffix]), let linear = linears[module],
        linear.layout != .scaled
      else { continue }
      return linear
    }
    return nil
  }

  /// How many steps a weight can be from 0, whatever the zero of its group is.
  private func farthestLevel(_ linear: QuantizedLinear) -> Int {
    let bits = linear.bits ?? 4
    return checkpoint.contains(linear.module + linear.layout.zerosSuffix) ? 1 << bits - 1 : 1 << (bits - 1)
  }

  /// Whether codes of `module` stand in columns of words: AutoAWQ's layout.
  private func isAWQ(_ module: String) -> Bool {
    guard let codes = checkpoint.info(module + ".qweight"), let scales = checkpoint.info(module + ".scales"),
      codes.shape.rank == 2, scales.shape.rank == 2
    else { return false }
    return codes.shape[1].multipliedReportingOverflow(by: 8).partialValue == scales.shape[1]
  }

  private func scales(_ view: TensorView, _ values: [Float], farthestLevel: Int) -> [Finding] {
    let name = view.info.name
    var findings: [Finding] = []
    func report(_ id: String, _ severity: Finding.Severity, _ what: String, do advice: String, _ count: Int) {
      if count > 0 {
        findings.append(
          Finding(id, severity, name, "\(count) of \(values.count) scales \(what)", do: advice, topic: what))
      }
    }
    let again = "quantize again from the original weights"
    report("V101", .error, "are NaN or infinite", do: again, values.count { !$0.isFinite })
    report("V102", .error, "are negative", do: again, values.count { $0 < 0 })
    report("V103", .warning, "are zero: their groups are dead", do: again, values.count { $0 == 0 })
    report(
      "V104", .warning, "are below the smallest normal half: kernels that flush them lose their groups", do: again,
      values.count { $0 > 0 && $0 < Float(Float16.leastNormalMagnitude) })
    report(
      "V105", .error, "reach beyond half precision at the far end of their levels", do: "serve in bfloat16",
      values.count { $0.isFinite && $0 * Float(farthestLevel) > Self.largestHalf })
    return findings
  }

  /// Groups of which all codes are the same: weights that say nothing, as a damaged or empty source gives them. With 8 in
  /// all places they are what `export --pad-for` and others pad with.
  private func deadGroups(_ view: TensorView) -> [Finding] {
    let shape = view.info.shape
    guard let groupSize, view.info.dtype == .int32, shape.rank == 2, shape[0] % groupSize == 0, shape[1] > 0 else {
      return []
    }
    let width = shape[1], groups = shape[0] / groupSize
    var dead = 0
    view.withBytes { bytes in
      for group in 0..<groups {
        for column in 0..<width {
          var (all, any) = (UInt32.max, UInt32(0))
          for row in group * groupSize..<(group + 1) * groupSize {
            let word = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: 4 * (row * width + column), as: UInt32.self)
            (all, any) = (all & word, any | word)
          }
          let changing = all ^ any
          for nibble in 0..<8 where changing >> (4 * nibble) & 15 == 0 && all >> (4 * nibble) & 15 != 8 { dead += 1 }
        }
      }
    }
    let count = groups * width * 8
    guard dead > 0 else { return [] }
    return [
      Finding(
        "V201", dead * 100 > count ? .warning : .note, view.info.name,
        "\(dead) of \(count) groups have one and the same code for all weights",
        do: "compare with the original weights: `skyquant verify`", topic: "dead groups")
    ]
  }

  private func plain(_ view: TensorView) throws -> [Finding] {
    let width = max(view.info.shape.elementCount / view.info.shape[0], 1)
    let rowsAtOnce = max(1, Self.chunk / width)
    var (bad, largest, hasNonZero) = (0, Float(0), false)
    for start in stride(from: 0, to: view.info.shape[0], by: rowsAtOnce) {
      for value in try view.rows(start..<min(start + rowsAtOnce, view.info.shape[0])).floats() {
        if !value.isFinite { bad += 1 } else { largest = max(largest, abs(value)) }
        if value != 0 { hasNonZero = true }
      }
    }
    return plain(view.info, bad: bad, largest: largest, isZero: !hasNonZero)
  }

  private func plain(_ info: TensorInfo, bad: Int, largest: Float, isZero: Bool) -> [Finding] {
    var findings: [Finding] = []
    if bad > 0 {
      findings.append(
        Finding(
          "V301", .error, info.name, "\(bad) values are NaN or infinite",
          do: "take the tensor from the original weights", topic: "not finite"))
    }
    if servedInHalf, largest > Self.largestHalf {
      findings.append(
        Finding(
          "V302", .error, info.name, "|x| reaches \(largest), beyond half precision's \(Self.largestHalf)",
          do: "serve in bfloat16", topic: "beyond"))
    } else if servedInHalf, largest > Self.largestHalf / Self.headroom {
      findings.append(
        Finding(
          "V303", .warning, info.name, "|x| reaches \(largest), close to half precision's \(Self.largestHalf)",
          do: "serve in bfloat16", topic: "close"))
    }
    if isZero, info.shape.rank > 1 {
      findings.append(
        Finding("V304", .warning, info.name, "all values are zero", do: "compare with the original weights"))
    }
    return findings
  }
}
