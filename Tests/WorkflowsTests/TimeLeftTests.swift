import ModelConfig
import Testing
import Workflows

@Suite struct TimeLeftTests {
  private let plan = RunPlan(
    stages: [.init(.hashing, seconds: 100), .init(.visionTower, seconds: 50), .init(.quantizing, seconds: 1000)],
    layerCount: 2, siteWeights: [.attentionInput: 1, .attentionOutput: 1, .mlpInput: 2, .mlpOutput: 4])

  @Test func `without a plan a stage shows its own pace, and what came before it does not count`() {
    var left = TimeLeft()
    #expect(left.seconds == nil)
    left.advance(.hashing, to: 0, at: 0)
    #expect(left.seconds == nil)
    left.advance(.hashing, to: 0.25, at: 100)
    #expect(left.seconds == 300)
    left.advance(.quantizing, to: 0, at: 400)
    #expect(left.seconds == nil)
    left.advance(.quantizing, to: 0.5, at: 410)
    #expect(left.seconds == 10)
  }

  @Test func `a run that goes on half-way does not take the first half for its pace`() {
    var left = TimeLeft()
    left.advance(.quantizing, to: 0.5, at: 1)
    left.advance(.quantizing, to: 0.75, at: 51)
    #expect(left.seconds == 50)
  }

  @Test func `a plan counts until a stage shows its pace, and for the stages behind it`() {
    var left = TimeLeft()
    left.follow(plan)
    left.advance(.hashing, to: 0, at: 0)
    #expect(left.seconds == 1150)
    left.advance(.hashing, to: 0.5, at: 1)  // too soon to be believed
    #expect(left.seconds == 1100)
    left.advance(.hashing, to: 0.5, at: 10)
    #expect(left.seconds == 1060)
    left.advance(.quantizing, to: 0, at: 100)
    #expect(left.seconds == 1000)
  }

  @Test func `sites of a layer count by what they take`() {
    #expect(plan.share(of: .site(layer: 0, .attentionInput)) == 1.0 / 16)
    #expect(plan.share(of: .site(layer: 0, .mlpInput)) == 4.0 / 16)
    #expect(plan.share(of: .site(layer: 1, .mlpOutput)) == 1)
    #expect(plan.share(of: .hashing) == nil)
  }
}
