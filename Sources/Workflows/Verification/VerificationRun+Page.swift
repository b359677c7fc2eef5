// What a verification shows beside its numbers: words around the worst tokens, pictures, and how the model was made.
internal import ImageProcessing
internal import ModelFiles
internal import ModelInputs
internal import Reports
internal import Storage
internal import Tokenization
internal import Verification

extension VerificationRun {
  /// Worst positions that are reported.
  private static let worstCount = 12
  /// Tokens of text before such a position.
  private static let contextCount = 32
  /// Side in pixels of the pictures on a page.
  private static let pictureSide = 224
  /// Cards with a picture on a page of several candidates.
  private static let pictureCount = 36

  /// The worst positions with the text around them.
  func worstTokens(
    _ result: ComparisonResult, _ asked: [SampleSource.Sample], _ model: LoadedModel
  ) -> [WorstToken] {
    let tokenizer = model.builder.tokenizer
    return result.worstTokens(Self.worstCount).map { token in
      let ids = asked[token.sample].input.ids, end = token.position + 1
      let shown = ids[max(0, end - Self.contextCount)..<end]
      // What stands before the last piece of a picture says nothing of it.
      let start = shown.lastIndex { $0 == model.builder.imageContextID }.map { $0 + 1 } ?? shown.startIndex
      return WorstToken(
        token, context: tokenizer.decode(ids[start..<end], skippingSpecialTokens: false),
        next: end < ids.count ? tokenizer.words(of: ids[end]) : nil,
        referenceChoice: tokenizer.words(of: token.referenceTop),
        quantizedChoice: tokenizer.words(of: token.quantizedTop))
    }
  }

  /// Writes the page, if one is wanted.
  /// - Throws: `StorageError`.
  func writePage(
    _ report: CandidatesReport, _ asked: [SampleSource.Sample], _ original: LoadedModel, _ quantized: [LoadedModel]
  ) throws {
    guard let page else { return }
    let shown = report.reports.map { report in
      let changed = (report.answers?.pairs ?? []).filter { $0.reference != $0.quantized }.map(\.sample)
      return report.worstTokens.map(\.sample) + changed.prefix(VerificationPage.cardLimit)
    }
    var pages: [VerificationPage] = []
    for (number, samples) in shown.enumerated() {
      var pictures = PagePictures()
      // Several candidates share the room of a page.
      for sample in Set(shown.count == 1 ? samples[...] : samples.prefix(Self.pictureCount / shown.count)) {
        if let jpeg = asked[sample - 1].input.smallPicture(side: Self.pictureSide) { pictures.add(jpeg, of: sample) }
      }
      let provenance = (try? ModelProvenance(quantized[number].file)).map {
        ProvenanceText($0, path: candidates[number]).facts
      }
      pages.append(
        VerificationPage(report.reports[number], pictures: pictures, provenance: provenance ?? []))
    }
    let permissions = quantized.reduce(original.file.permissions) { $0.intersection($1.file.permissions) }
    let document = pages.count == 1 ? pages[0].document : CandidatesPage(report, pages).document
    try page.write(document, permissions: permissions)
  }
}

extension Tokenizer {
  /// What a token says; of one that is only a part of a character, its spelling in the tokenizer's files.
  fileprivate func words(of id: Int) -> String {
    let text = decode([id], skippingSpecialTokens: false)
    return text.unicodeScalars.contains("\u{FFFD}") ? token(id) ?? text : text
  }
}

extension ModelInput {
  /// The first picture as a model sees it whole, small; nil without pictures.
  func smallPicture(side: Int) -> [UInt8]? {
    // The thumbnail comes last, and a single tile is the picture itself.
    guard let pixels, let count = tileCounts.first, count > 0, pixels.tiles.count >= count else { return nil }
    let tile = pixels.tiles[count - 1]
    let small = min(side, tile.width)
    return JPEGEncoder.encode(BicubicResampler.resize(tile, width: small, height: small))
  }
}
