// Writing the content of a file again with our own writer.
import Glibc
import Skyq
import Storage
import Tensors

/// The content of a file, to be written in pieces.
struct Copying {
  let plan: [SkyqTensorPlan]
  let sections: [SkyqSectionContent]
  /// The bytes of each plane of each tensor.
  var planes: [[[UInt8]]]
  private let alignmentLog2: Int
  private let pieceSize: Int

  init(of file: SkyqFile, pieceSize: Int = 1 << 20) throws {
    plan = file.tensors.map { tensor in
      SkyqTensorPlan(name: tensor.name, encoding: tensor.encoding, shape: tensor.shape, groupSize: tensor.groupSize)
    }
    sections = try file.sections.map { section in
      guard let type = section.knownType, type != .file else {
        return SkyqSectionContent(file: section.name, bytes: try file.bytes(of: section))
      }
      return try SkyqSectionContent(type, named: section.name, json: CanonicalJSON.decode(file.bytes(of: section)))
    }
    planes = file.tensors.map { tensor in
      tensor.planes.map { plane in
        file.withPlane(plane) { bytes in
          (0..<bytes.byteCount).map { unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
        }
      }
    }
    alignmentLog2 = file.header.alignment.trailingZeroBitCount
    self.pieceSize = pieceSize
  }

  /// Writes the file; `started` learns which tensor the writer asks for first.
  func write(
    to path: String, overwriting: Bool = false, resuming: Bool = false, started: (Int) -> Void = { _ in }
  ) throws -> SkyqHeader {
    var writer = try SkyqWriter(
      in: WorkFolder(for: path, making: .file, overwriting: overwriting, resuming: resuming), tensors: plan,
      sections: sections, alignmentLog2: alignmentLog2)
    started(writer.nextTensor ?? plan.count)
    while let tensor = writer.nextTensor { try append(tensor, to: &writer) }
    return try writer.seal().publish()
  }

  /// Goes on with a stopped run. Tests beside this one start programs, and what had a lock when such a child was forked
  /// stays locked until the child has become its program: a lock is waited for, for a second.
  func resume(to path: String) throws {
    for _ in 0..<1000 {
      do {
        _ = try write(to: path, resuming: true)
        return
      } catch StorageError.locked {
        usleep(1000)
      }
    }
    _ = try write(to: path, resuming: true)
  }

  /// Writes some tensors, makes them durable and gives up, as a killed run would.
  func writeAndAbandon(to path: String, afterTensors count: Int) throws {
    var writer = try SkyqWriter(
      in: WorkFolder(for: path, making: .file), tensors: plan, sections: sections, alignmentLog2: alignmentLog2)
    for tensor in 0..<count { try append(tensor, to: &writer) }
    try writer.checkpoint()
    guard count < plan.count else { return }
    var next = writer.tensorWriters.makeWriter(of: count)
    try next.append([planes[count][0][0]])
  }

  private func append(_ tensor: Int, to writer: inout SkyqWriter) throws {
    try writer.complete(written(tensor, with: writer.tensorWriters))
  }

  /// Writes the planes of a tensor.
  func written(_ tensor: Int, with writers: SkyqTensorWriters) throws -> WrittenSkyqTensor {
    var writer = writers.makeWriter(of: tensor)
    for plane in planes[tensor] {
      for start in stride(from: 0, to: plane.count, by: pieceSize) {
        try writer.append(Array(plane[start..<min(start + pieceSize, plane.count)]))
      }
    }
    return writer.finish()
  }
}
