// Questions as JSON lines. What is accepted must be written and read back as the same value.
import JSON
import ModelInputs

/// One run of libFuzzer.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzQuestions(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = fuzzInput(data, count)
  if let questions = try? Question.parse(input, file: "input") {
    precondition(!questions.isEmpty, "a file without questions was accepted")
  }
  guard let value = try? JSONValue(parsing: input) else { return 0 }
  do {
    let written = try value.serialized(.compact)
    let again = try JSONValue(parsing: written)
    precondition(again == value, "written and read back, the value differs")
  } catch JSONError.unwritableKey {
    return 0
  } catch {
    preconditionFailure("an accepted value could not be written and read back: \(error)")
  }
  return 0
}
