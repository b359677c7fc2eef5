// The sample's files are found by the running test and are the ones its README describes.

import Foundation
import SampleModel
import Testing

@Suite struct SampleModelTests {
  @Test(arguments: [("calibration", 64), ("evaluation", 160)])
  func `every question names an image that exists`(set: String, count: Int) throws {
    let sample = try SampleModel()
    let path = set == "calibration" ? sample.calibrationQuestions : sample.evaluationQuestions
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == count)
    for line in lines {
      let question = try JSONDecoder().decode(Question.self, from: Data(line.utf8))
      let image = sample.directory + "/\(set)/\(question.image)"
      #expect(FileManager.default.isReadableFile(atPath: image), "\(image)")
    }
  }

  @Test func `the checkpoint has every shard that its index names`() throws {
    let model = try SampleModel().modelDirectory
    let data = try Data(contentsOf: URL(filePath: model + "/model.safetensors.index.json"))
    let index = try JSONDecoder().decode(ShardIndex.self, from: data)
    #expect(Set(index.weight_map.values).count == 3)
    for shard in Set(index.weight_map.values) {
      #expect(FileManager.default.isReadableFile(atPath: model + "/" + shard), "\(shard)")
    }
  }

  private struct Question: Decodable { let image: String }
  private struct ShardIndex: Decodable { let weight_map: [String: String] }
}
