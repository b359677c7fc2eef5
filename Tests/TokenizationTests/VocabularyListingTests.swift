// A tokenizer as a list, against its file as Foundation's JSON reader understands it.
import Foundation
import SampleModel
import Storage
import Testing
import Tokenization

@Suite struct VocabularyListingTests {
  @Test func `tokens stand at their ids and merges in their order`() throws {
    let directory = try SampleModel().modelDirectory
    let listing = try VocabularyListing(files: try DirectoryFiles(path: directory))
    let data = try Data(contentsOf: URL(fileURLWithPath: directory + "/tokenizer.json"))
    let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let model = try #require(json["model"] as? [String: Any])
    let vocabulary = try #require(model["vocab"] as? [String: Int])
    let added = try #require(json["added_tokens"] as? [[String: Any]])
    let addedIDs = Set(added.compactMap { $0["id"] as? Int })
    for (text, id) in vocabulary where !addedIDs.contains(id) {
      let token = try #require(listing.tokens[id])
      #expect(token.text == text && token.kind == .normal)
    }
    for token in added {
      let id = try #require(token["id"] as? Int)
      let found = try #require(listing.tokens[id])
      #expect(found.text == token["content"] as? String)
      #expect(found.kind == (token["special"] as? Bool == true ? .special : .added))
    }
    #expect(listing.tokens.count { $0 != nil } == Set(vocabulary.values).union(addedIDs).count)
    let merges = try #require(model["merges"] as? [Any])
    #expect(listing.merges == merges.map { ($0 as? String) ?? ($0 as? [String])?.joined(separator: " ") ?? "" })
    #expect(listing.splitting == .qwen2)
  }
}
