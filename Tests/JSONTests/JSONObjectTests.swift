// Objects keep the order of their members through changes, small and large.
import JSON
import Testing

@Suite struct JSONObjectTests {
  // 8 members are searched one by one, more by a table: both sides of that border.
  @Test(arguments: [3, 8, 9, 100])
  func membersAreFoundReplacedAndRemovedInOrder(count: Int) {
    var object = JSONObject()
    for index in 0..<count { object["k\(index)"] = .integer(index) }
    #expect(object.keys == (0..<count).map { "k\($0)" })
    #expect((0..<count).allSatisfy { object["k\($0)"] == .integer($0) })
    #expect(object["absent"] == nil)

    object["k1"] = "replaced"
    object["k0"] = nil
    object["k0"] = "again"
    #expect(object.keys == (1..<count).map { "k\($0)" } + ["k0"])
    #expect(object["k1"] == "replaced" && object["k0"] == "again")
    #expect(object.count == count)
  }

  @Test func appendingAKeyThatIsThereChangesNothing() {
    var object: JSONObject = ["a": 1]
    let isAppended = object.append("a", 2)
    #expect(!isAppended)
    #expect(object == ["a": 1])
  }

  @Test func objectsWithAnotherOrderAreDifferent() {
    let left: JSONObject = ["a": 1, "b": 2]
    let right: JSONObject = ["b": 2, "a": 1]
    #expect(left != right)
  }
}
