// Rows that a model has seen before: their pictures are among those that it was calibrated on.
internal import ModelFiles
internal import Storage

/// What the models of an evaluation were calibrated on.
struct CalibratedRows {
  /// For each model the SHA-256 of what it was calibrated on; empty where its files do not tell, or nothing was.
  private let known: [Set<SHA256Digest>]

  init(_ models: [ModelFile]) {
    known = models.map { file in
      let calibration = (try? ModelProvenance(file))?.calibration
      return Set(calibration.flatMap(CalibrationRecord.init)?.files.map(\.sha256) ?? [])
    }
  }

  /// For each model how many of the rows show a picture that it was calibrated on. Pictures that cannot be read count as
  /// others; that they cannot is told where they are asked about.
  func counts(_ numbers: [Int], of file: BenchmarkFile) -> [Int] {
    guard known.contains(where: { !$0.isEmpty }) else { return known.map { _ in 0 } }
    let shown = numbers.map { number in Set((try? file.pictureDigests(number)) ?? []) }
    return known.map { known in shown.count { !$0.isDisjoint(with: known) } }
  }
}
