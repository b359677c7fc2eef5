// Why a file cannot be written, beyond what the format refuses (SkyqError) and the disk (StorageError).
public import Basics

/// A run that cannot be resumed.
public enum SkyqWriterError: CategorizedError, Equatable {
  /// What an earlier run left belongs to another plan: other tensors, sections or alignment.
  case otherPlan(path: String)

  /// What kind of failure this is.
  public var category: FailureCategory { .cannotCreateOutput }

  /// One line for people.
  public var description: String {
    switch self {
    case .otherPlan(let path):
      "\(path.displayed): the stopped run had other inputs or another version of skyquant; give the same ones, or start "
        + "again with --force"
    }
  }
}
