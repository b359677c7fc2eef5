// GPTQ and compressed-tensors: parts that do not belong together or to config.json, and what single loaders make of them.
import Doctor
import Safetensors
import Tensors
import Testing

extension SyntheticRepository {
  /// The same linears as compressed-tensors, GPTQ or with one group a row.
  mutating func store(as layout: String, zero: UInt8 = 0x77) {
    let linears = tensors.filter { $0.info.name.hasSuffix(".qweight") }.map(\.info)
    remove { [".qweight", ".qzeros", ".scales"].contains(where: $0.hasSuffix) }
    for info in linears {
      let module = String(info.name.dropLast(".qweight".count)), inputs = info.shape[0], outputs = 8 * info.shape[1]
      func add(_ suffix: String, _ dtype: DType, _ shape: Shape) {
        let count = shape.elementCount
        let bytes =
          dtype == .float16
          ? halves([Float16](repeating: 0.01, count: count))
          : (0..<count * dtype.byteWidth).map { suffix == ".qzeros" ? zero : UInt8(truncatingIfNeeded: $0 &* 37) }
        self.add(module + suffix, dtype, shape, bytes)
      }
      switch layout {
      case "packed", "packed in eight bits":
        add(".weight_packed", .int32, [outputs, inputs / (layout == "packed" ? 8 : 4)])
        add(".weight_scale", .float16, [outputs, inputs / 32])
        let shape = [Int64(outputs), Int64(inputs)].flatMap { value in
          (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        self.add(module + ".weight_shape", .int64, [2], shape)
      case "gptq":
        add(".qweight", .int32, [inputs / 8, outputs])
        add(".qzeros", .int32, [inputs / 32, outputs / 8])
        add(".scales", .float16, [inputs / 32, outputs])
        let groups = (0..<inputs).flatMap { feature -> [UInt8] in [UInt8(feature / 32), 0, 0, 0] }
        self.add(module + ".g_idx", .int32, [inputs], groups)
      default:
        add(".qweight", .int32, [inputs, outputs / 8])
        add(".qzeros", .int32, [1, outputs / 8])
        add(".scales", .float16, [1, outputs])
      }
    }
  }
}

@Suite struct OtherLayoutTests {
  private static let q = SyntheticRepository.attention + "q_proj"

  private func findings(_ change: (inout SyntheticRepository) -> Void) throws -> [Finding] {
    var repository = SyntheticRepository()
    change(&repository)
    return try repository.findings()
  }

  private func errors(_ change: (inout SyntheticRepository) -> Void) throws -> [String] {
    try findings(change).filter { $0.severity == .error }.map(\.id)
  }

  @Test(
    arguments: [
      (".qweight", [32, 255], 32, "L202"), (".qzeros", [8, 33], 32, "L202"), (".scales", [4, 256], 32, "L202"),
      ("", [], 64, "L203"), ("", [], -1, "L203"), ("", [], 32, nil),
    ] as [(String, Shape, Int, String?)])
  func `GPTQ tensors must belong together and to group_size`(
    kind: (part: String, shape: Shape, groupSize: Int, id: String?)
  ) throws {
    let found = try errors { repository in
      repository.config = repository.config.replacing(DiagnosisTests.awq, with: DiagnosisTests.gptq)
        .replacing("\"group_size\": 32", with: "\"group_size\": \(kind.groupSize)")
      repository.store(as: "gptq")
      repository.reshape(Self.q + kind.part, kind.shape)
    }
    #expect(kind.id.map { found.contains($0) } ?? found.isEmpty, "\(found)")
  }

  @Test(
    arguments: [
      (".weight_packed", [255, 32], 32, "L202"), (".weight_packed", [256, 31], 32, "L202"),
      (".weight_scale", [256, 4], 32, "L203"), (".weight_scale", [256, 7], 32, "L202"),
      (".weight_shape", [1], 32, "L202"), ("", [], 64, "L203"), ("", [], 32, nil),
    ] as [(String, Shape, Int, String?)])
  func `compressed-tensors must belong together, to weight_shape and to group_size`(
    kind: (part: String, shape: Shape, groupSize: Int, id: String?)
  ) throws {
    let found = try errors { repository in
      repository.config = repository.config.replacing(
        DiagnosisTests.awq,
        with: DiagnosisTests.packed.replacing("\"group_size\": 32", with: "\"group_size\": \(kind.groupSize)"))
      repository.store(as: "packed")
      repository.reshape(Self.q + kind.part, kind.shape)
    }
    #expect(kind.id.map { found.contains($0) } ?? found.isEmpty, "\(found)")
  }

  @Test(arguments: [
    (UInt8(0x77), "", nil), (0x88, "", "V203"), (0x88, "gptq_v2", nil), (0x77, "gptq_v2", "V203"), (0x78, "", "V202"),
  ])
  func `zeros of a symmetric GPTQ model are those of its version`(
    kind: (zero: UInt8, version: String, id: String?)
  ) throws {
    let found = try findings { repository in
      repository.config = repository.config.replacing(
        DiagnosisTests.awq, with: DiagnosisTests.gptq + " \"checkpoint_format\": \"\(kind.version)\",")
      repository.store(as: "gptq", zero: kind.zero)
    }
    #expect(found.filter { $0.id.hasPrefix("V2") }.map(\.id) == [kind.id].compactMap(\.self))
    #expect(!found.contains { $0.id == "L405" })
  }

  @Test(arguments: [(UInt8(0x77), "", nil), (0xF7, "", "V204"), (0xF7, "gptq_v2", nil)])
  func `zeros that wrapped around are a fault of GPTQ's first version`(
    kind: (zero: UInt8, version: String, id: String?)
  ) throws {
    let found = try findings { repository in
      repository.config = repository.config.replacing(
        DiagnosisTests.awq,
        with: DiagnosisTests.gptq.replacing("\"sym\": true", with: "\"sym\": false")
          + " \"checkpoint_format\": \"\(kind.version)\",")
      repository.store(as: "gptq", zero: kind.zero)
    }
    #expect(Set(found.filter { $0.id.hasPrefix("V2") }.map(\.id)) == Set([kind.id].compactMap(\.self)), "\(found)")
  }

  @Test(arguments: [(UInt8(0), "L205", Finding.Severity.warning), (200, "L202", .error)])
  func `groups of GPTQ in another order, or that there are not, are told`(
    kind: (group: UInt8, id: String, severity: Finding.Severity)
  ) throws {
    let found = try findings { repository in
      repository.config = repository.config.replacing(DiagnosisTests.awq, with: DiagnosisTests.gptq)
      repository.store(as: "gptq")
      let index = repository.tensors.firstIndex { $0.info.name == Self.q + ".g_idx" }
      if let index { repository.tensors[index].bytes[4 * 255] = kind.group }
    }
    let told = found.filter { $0.id.hasPrefix("L20") }
    #expect(told.map(\.id) == [kind.id] && told.first?.severity == kind.severity, "\(found)")
  }

  @Test(arguments: [(UInt8(0x88), nil), (0x87, "V202")])
  func `compressed-tensors that call themselves symmetric have zeros of 8, if any`(
    kind: (zero: UInt8, id: String?)
  ) throws {
    let found = try findings { repository in
      repository.config = repository.config.replacing(
        DiagnosisTests.awq,
        with: DiagnosisTests.packed.replacing("\"group_size\": 32", with: "\"group_size\": 32, \"symmetric\": true"))
      repository.store(as: "packed")
      repository.add(
        Self.q + ".weight_zero_point", .int32, [32, 8], [UInt8](repeating: kind.zero, count: 4 * 32 * 8))
    }
    #expect(found.filter { $0.severity == .error }.map(\.id) == [kind.id].compactMap(\.self), "\(found)")
  }

  @Test
  func `codes of other bits than config.json states, zeros that are missing and scales of whole numbers are faults`()
    throws
  {
    func faults(_ weights: String, zeros: Shape? = nil, scales: DType = .float16) throws -> [String] {
      try errors { repository in
        repository.config = repository.config.replacing(
          DiagnosisTests.awq,
          with: DiagnosisTests.packed.replacing("\"group_size\": 32", with: "\"group_size\": 32, " + weights))
        repository.store(as: "packed")
        for tensor in repository.tensors.map(\.info) where tensor.name.hasSuffix(".weight_packed") {
          let module = String(tensor.name.dropLast(".weight_packed".count))
          guard let zeros else { continue }
          let shape: Shape = module == Self.q ? zeros : [tensor.shape[0] / 8, 8]
          repository.add(
            module + ".weight_zero_point", .int32, shape, [UInt8](repeating: 0x35, count: 4 * shape.elementCount))
        }
        let index = repository.tensors.firstIndex { $0.info.name == Self.q + ".weight_scale" }
        if let index {
          let info = repository.tensors[index].info
          repository.tensors[index].info = TensorInfo(name: info.name, dtype: scales, shape: info.shape)
        }
      }
    }
    let sound = "\"num_bits\": 4, \"symmetric\": false"
    #expect(try faults(sound, zeros: [32, 8]) == [])
    #expect(Set(try faults("\"num_bits\": 8, \"symmetric\": false", zeros: [32, 8])) == ["L202"])
    #expect(try faults(sound) == ["L201"])
    #expect(try faults(sound, zeros: [24, 8]) == ["L202"])
    #expect(try faults(sound, zeros: [32, 8], scales: .int16).contains("L202"))
  }

  @Test(arguments: [
    (#""+:q_proj": {"bits": 8}"#, false), (#""-:q_proj": {}"#, true),
    (#""q_proj": {"bits": 16, "group_size": 64}"#, true),
  ])
  func `where single modules have bits or groups of their own, only the tensors are held to each other`(
    kind: (rule: String, isHeld: Bool)
  ) throws {
    let found = try errors { repository in
      repository.config = repository.config.replacing(
        DiagnosisTests.awq, with: DiagnosisTests.gptq + " \"dynamic\": {\(kind.rule)},"
      ).replacing("\"group_size\": 32", with: "\"group_size\": 64")
      repository.store(as: "gptq")
    }
    #expect(found.contains("L203") == kind.isHeld, "\(found)")
  }

  @Test func `zeros of rows that fill no whole words say nothing`() throws {
    let found = try findings { repository in
      repository.config = repository.config.replacing(DiagnosisTests.awq, with: DiagnosisTests.gptq)
      repository.store(as: "gptq", zero: 0x70)
      repository.reshape(Self.q + ".scales", [8, 252])
    }
    #expect(!found.contains { $0.id == "V202" && $0.place == Self.q + ".qzeros" && $0.count == 4 }, "\(found)")
    #expect(found.contains { $0.id == "V202" && $0.count == 3 })
  }

  @Test func `GPTQ with zeros of its own is not for vLLM`() throws {
    let found = try findings { repository in
      repository.config = repository.config.replacing(
        DiagnosisTests.awq, with: DiagnosisTests.gptq.replacing("\"sym\": true", with: "\"sym\": false"))
      repository.store(as: "gptq", zero: 0x35)
    }
    #expect(found.filter { $0.severity != .note }.map(\.id) == ["L405"], "\(found)")
  }
}
