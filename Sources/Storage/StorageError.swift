// Why a file cannot be read or written.
public import Basics
import Glibc

/// A failure to read or write bytes on disk. Paths are as the caller gave them.
public enum StorageError: CategorizedError, Equatable {
  /// Nothing has this name.
  case missing(path: String)
  /// No file can have this name.
  case nameTooLong(path: String)
  /// It exists but may not be opened.
  case permissionDenied(path: String)
  /// A directory, FIFO or device where a file should be, or a file where a directory should be.
  case wrongKind(path: String, expected: String)
  /// A symbolic link that leads out of the directory it lies in.
  case symbolicLink(path: String)
  /// A name with a separator, a control character, or one that means a directory.
  case notAPlainFileName(String)
  /// More bytes than a file of this purpose may have.
  case tooLarge(path: String, byteCount: Int, limit: Int)
  /// A download left something else in its place.
  case placeholder(path: String, Placeholder)
  /// Nothing has this name, which a repository of a hub has; where its files are in the cache, if they are.
  case hubName(String, cached: String?)
  /// A repository in the hub's cache without a snapshot that could be taken.
  case noSnapshot(path: String, names: [String])
  /// It shrank, grew or was replaced since it was opened.
  case changedWhileReading(path: String)
  /// A structure needs more bytes than are left.
  case endOfBytes(needed: Int, remaining: Int, offset: Int)
  /// A zstd frame that is damaged or not of the kind we write.
  case corruptFrame(reason: String)
  /// The output is there already.
  case exists(path: String)
  /// An earlier run was stopped while it made the output.
  case unfinished(path: String)
  /// What a stopped run has written is not what it was, here if that is known.
  case altered(path: String, place: String? = nil)
  /// The output that should be replaced is a directory with directories in it, which we never wrote.
  case notReplaceable(path: String)
  /// What has the name of an output's work folder was not made by this program.
  case notAWorkFolder(path: String)
  /// Something in a work folder that no run has put there.
  case foreign(path: String)
  /// The output has the name of something that the command reads, or of the directory it lies in.
  case replacesInput(path: String, input: String)
  /// The output cannot be created.
  case cannotCreate(path: String, reason: String)
  /// The disk has less room than the output needs.
  case noSpace(path: String, needed: Int, free: Int)
  /// The output is, or became, larger than a file may be; nil if the file system says so, not the process's limit.
  case beyondFileSize(path: String, limit: Int?)
  /// A system call on an open file failed.
  case failed(operation: String, path: String, reason: String)
  /// The system has no more open files, memory mappings or the like for this process.
  case systemLimit(operation: String, path: String, reason: String, advice: String)
  /// Another process writes this output; nil if it did not leave its id and start.
  case locked(path: String, by: LockHolder?)

  public var category: FailureCategory {
    switch self {
    case .missing, .nameTooLong, .permissionDenied, .wrongKind, .symbolicLink, .hubName, .noSnapshot,
      .changedWhileReading, .altered:
      .missingInput
    case .placeholder, .notAPlainFileName, .tooLarge, .endOfBytes, .corruptFrame: .malformedInput
    case .exists, .unfinished, .notReplaceable, .notAWorkFolder, .foreign, .replacesInput, .cannotCreate, .noSpace,
      .beyondFileSize:
      .cannotCreateOutput
    case .failed: .inputOutput
    case .systemLimit: .systemLimit
    case .locked: .locked
    }
  }

  public var description: String {
    switch self {
    case .missing(let path): "\(path.displayed): no such file or directory"
    case .nameTooLong(let path): "\(path.displayed): no such file: the name is longer than the system lets a name be"
    case .permissionDenied(let path): "\(path.displayed): permission denied"
    case .wrongKind(let path, let expected): "\(path.displayed): not \(expected)"
    case .symbolicLink(let path):
      "\(path.displayed): is a symbolic link; put the file itself there (`cp -L`)"
    case .notAPlainFileName(let name): "'\(name.displayed)' is not a plain file name"
    case .tooLarge(let path, let byteCount, let limit):
      "\(path.displayed): \(byteCount) bytes, the limit for such a file is \(limit)"
    case .placeholder(let path, let placeholder): "\(path.displayed): \(placeholder)"
    case .hubName(let name, let cached?):
      "\(name.displayed): no such file or directory; the Hugging Face cache has it, give \(cached.displayed)"
    case .hubName(let name, nil):
      "\(name.displayed): no such file or directory, and not in the Hugging Face cache; `hf download \(name.displayed) "
        + "--local-dir DIR` gets it"
    case .noSnapshot(let path, let names):
      "\(path.displayed): "
        + (names.isEmpty
          ? "no snapshot in it: nothing of the repository is downloaded"
          : "no refs/main in it, and several snapshots; give one: "
            + names.map { ("snapshots/" + $0).displayed }.joined(separator: ", "))
    case .changedWhileReading(let path): "\(path.displayed): file changed while in use; start again"
    case .endOfBytes(let needed, let remaining, let offset):
      "\(needed) bytes are needed at offset \(offset), but \(remaining) are left"
    case .corruptFrame(let reason): "not a valid zstd frame: \(reason)"
    case .exists(let path): "\(path.displayed): already exists; add --force to replace it, or choose another name"
    case .unfinished(let path):
      "\(path.displayed): a stopped run has left its work in \(OutputPath(path).work.displayed); add --resume to go on with "
        + "it, or --force to start again"
    case .altered(let path, let place):
      "\(path.displayed): \(place.map { $0 + " " } ?? "")is not what the stopped run wrote; check the disk, and start again with --force"
    case .notAWorkFolder(let path):
      "\(path.displayed): is in the way, and nothing in it proves that skyquant made it; move it, or choose another name "
        + "for the output"
    case .foreign(let path):
      "\(path.displayed): was not put there by skyquant, which works in this folder; move it away"
    case .notReplaceable(let path):
      "\(path.displayed): will not be replaced, for it holds more than plain files; choose another name"
    case .replacesInput(let path, let input):
      "\(path.displayed): would replace \(input.displayed), which this command needs; choose another name"
    case .cannotCreate(let path, let reason): "\(path.displayed): cannot create: \(reason)"
    case .noSpace(let path, let needed, let free):
      "\(path.displayed): no room on the disk: \(needed) bytes are needed, \(free) are free"
    case .beyondFileSize(let path, let limit?):
      "\(path.displayed): the limit on the size of a file (`ulimit -f`) is \(limit) bytes; raise it"
    case .beyondFileSize(let path, nil): "\(path.displayed): larger than this file system lets a file be"
    case .failed(let operation, let path, let reason): "\(path.displayed): \(operation) failed: \(reason)"
    case .systemLimit(let operation, let path, let reason, let advice):
      "\(path.displayed): \(operation) failed: \(reason); \(advice)"
    case .locked(let path, let holder):
      "\(path.displayed): locked by \(holder?.description ?? "another process"); wait for it to end"
    }
  }

  /// The error of an `open` for reading that failed with `code`.
  static func opening(_ path: String, _ code: Int32) -> StorageError {
    switch code {
    case ENOENT: .missing(path: path)
    case ENAMETOOLONG: .nameTooLong(path: path)
    case ENOTDIR: .wrongKind(path: path, expected: "a directory")
    case EACCES, EPERM: .permissionDenied(path: path)
    case ELOOP: .symbolicLink(path: path)
    default: .failing("open", path, code)
    }
  }

  /// The error of creating an output that failed with `code`.
  static func creating(_ path: String, _ code: Int32) -> StorageError {
    if code == EEXIST { return .exists(path: path) }
    return limit("create", path, code) ?? .cannotCreate(path: path, reason: reason(code))
  }

  /// The error of `operation` on an open file, from `errno`.
  static func failing(_ operation: String, _ path: String, _ code: Int32 = errno) -> StorageError {
    if code == EFBIG { return .beyondFileSize(path: path, limit: fileSizeLimit) }
    return limit(operation, path, code) ?? .failed(operation: operation, path: path, reason: reason(code))
  }

  /// The error of an operation that a limit of the system stopped; nil if `code` says something else.
  private static func limit(_ operation: String, _ path: String, _ code: Int32) -> StorageError? {
    let advice: String
    switch code {
    case EMFILE: advice = "allow more open files (ulimit -n)"
    case ENFILE: advice = "wait until the system has open files to give"
    case ENOMEM: advice = "allow more memory (ulimit -v, the container's limit)"
    default: return nil
    }
    return .systemLimit(operation: operation, path: path, reason: reason(code), advice: advice)
  }

  /// What the process may write into one file, in bytes; nil if that is not limited.
  static var fileSizeLimit: Int? {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else { return nil }
    return Int(exactly: limit.rlim_cur)
  }

  /// The system's words for an error number.
  private static func reason(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
}
