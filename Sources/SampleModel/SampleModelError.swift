// Why the sample model cannot be used.
public import Basics

/// A reason why the bundled sample model was not found.
public enum SampleModelError: CategorizedError, Equatable {
  /// `/proc/self/exe` does not lead to the running executable.
  case executableNotFound(String)
  /// A file of the sample is not where SwiftPM puts it.
  case missingFile(String)

  /// What kind of failure this is.
  public var category: FailureCategory { .missingInput }

  /// One line that names the file and says what to do.
  public var description: String {
    switch self {
    case .executableNotFound(let link):
      "\(link): cannot read the path of this executable; mount /proc"
    case .missingFile(let path):
      "\(path): sample model not found; run from the build folder, or name Sources/SampleModel/Resources/tiny-r1v"
    }
  }
}
