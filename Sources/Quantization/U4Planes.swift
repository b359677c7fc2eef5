// The awq_u4 planes of a .skyq file (Formats/skyq.md):
//   plane 0: [out][in/2] codes; in each block of 32 input features byte j = q[j] | q[j+16] << 4
//   plane 1: [out][in/g] scales, 16 bits
//   plane 2: [out][ceil(in/g/2)] zeros, low nibble = even group

/// The three planes of a linear as a .skyq file holds them.
public struct U4Planes: Sendable, Equatable {
  /// Input features of one block of plane 0.
  static let blockSize = 32
  /// Plane 0.
  public var codes: [UInt8]
  /// Plane 1, half precision.
  public var scales: [Float16]
  /// Plane 2.
  public var zeros: [UInt8]

  /// Bytes of one row of plane 2.
  static func zeroBytesPerRow(groups: Int) -> Int { (groups + 1) / 2 }
}

extension QuantizedLinear {
  /// The same linear as .skyq planes.
  public var u4Planes: U4Planes {
    var packed = [UInt8](repeating: 0, count: codes.count / 2)
    let half = U4Planes.blockSize / 2
    for block in 0..<codes.count / U4Planes.blockSize {
      let source = block * U4Planes.blockSize
      for index in 0..<half {
        packed[block * half + index] = codes[source + index] & 0xF | codes[source + half + index] << 4
      }
    }
    let rowBytes = U4Planes.zeroBytesPerRow(groups: groupsPerRow)
    var packedZeros = [UInt8](repeating: 0, count: outFeatures * rowBytes)
    for row in 0..<outFeatures {
      for group in 0..<groupsPerRow {
        packedZeros[row * rowBytes + group / 2] |= (zeros[row * groupsPerRow + group] & 0xF) << UInt8(4 * (group % 2))
      }
    }
    return U4Planes(codes: packed, scales: scales, zeros: packedZeros)
  }

  /// A linear read from .skyq planes; the planes' sizes must fit the features.
  public init(planes: U4Planes, outFeatures: Int, inFeatures: Int, scheme: QuantizationScheme) {
    let half = U4Planes.blockSize / 2
    var codes = [UInt8](repeating: 0, count: outFeatures * inFeatures)
    for block in 0..<codes.count / U4Planes.blockSize {
      for index in 0..<half {
        let byte = planes.codes[block * half + index]
        codes[block * U4Planes.blockSize + index] = byte & 0xF
        codes[block * U4Planes.blockSize + half + index] = byte >> 4
      }
    }
    let groups = inFeatures / scheme.groupSize
    let rowBytes = U4Planes.zeroBytesPerRow(groups: groups)
    var zeros = [UInt8](repeating: 0, count: outFeatures * groups)
    for row in 0..<outFeatures {
      for group in 0..<groups {
        zeros[row * groups + group] = planes.zeros[row * rowBytes + group / 2] >> UInt8(4 * (group % 2)) & 0xF
      }
    }
    self.init(
      outFeatures: outFeatures, inFeatures: inFeatures, scheme: scheme, codes: codes, zeros: zeros,
      scales: planes.scales)
  }
}
