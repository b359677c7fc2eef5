// Shares of token classes, by hand.
import Calibration
import Testing

@Suite struct TokenWeightingTests {
  @Test func `every class counts its share, and the mean weight is one`() {
    let weights = TokenWeighting.shares([1, 1, 2]).weights(of: [[0, 0, 0, 0, 1, 2], [0, 0, 1, 2]])
    // Ten tokens: 6, 2 and 2; their shares are 2.5, 2.5 and 5.
    let image: Float = 2.5 / 6
    let expected: [[Float]] = [[image, image, image, image, 1.25, 2.5], [image, image, 1.25, 2.5]]
    #expect(weights == expected)
  }

  @Test func `a class without tokens leaves its share to the others`() {
    let answer: Float = 2.0 / 3
    let expected: [[Float]] = [[2, answer, answer, answer]]
    #expect(TokenWeighting.shares([5, 1, 1]).weights(of: [[1, 2, 2, 2]]) == expected)
    let even: [[Float]] = [[1, 1]]
    #expect(TokenWeighting.shares([1, 0, 0]).weights(of: [[2, 2]]) == even)
  }

  @Test func `uniform weights are ones`() {
    let even: [[Float]] = [[1, 1], []]
    #expect(TokenWeighting.uniform.weights(of: [[0, 2], []]) == even)
  }
}
