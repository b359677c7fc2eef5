// Making a work folder, or taking over the one that is there.
//
// Before it is complete and after it is done with, a folder has a name NAME.skyquant-work.ID. What is killed
// in that moment is found by its name, and swept away by the next run of the same output.
import Glibc

extension WorkFolder {
  /// A folder whose lock this process holds.
  struct Claim: ~Copyable {
    let lock: FileDescriptor
    /// Whether there is work in it to go on with.
    let isResumed: Bool
  }

  /// Makes the folder of `output`, or takes it over; see `init`.
  static func claim(
    _ output: OutputPath, _ kind: Kind, overwriting: Bool, resuming: Bool
  ) throws(StorageError) -> Claim {
    while true {
      if let lock = try make(output) {
        try requireStill(output, kind, overwriting: overwriting)
        return Claim(lock: lock, isResumed: false)
      }
      guard let lock = try lock(output.work, of: output) else { continue }
      _ = try items(in: output.work)
      try restoreReplaced(output, overwriting: overwriting)
      try output.require(kind, overwriting: overwriting)
      let left = unfinishedKind(of: output)
      if resuming, left == kind {
        try takeOver(lock, output)
        return Claim(lock: lock, isResumed: true)
      }
      guard left == nil || overwriting else { throw .unfinished(path: output.final) }
      try UnfinishedOutputs.exclusively { () throws(StorageError) in try remove(output) }
    }
  }

  /// Removes the folder again if the run that had it until now has given the output its name.
  private static func requireStill(
    _ output: OutputPath, _ kind: Kind, overwriting: Bool
  ) throws(StorageError) {
    do throws(StorageError) {
      try output.require(kind, overwriting: overwriting)
    } catch {
      try UnfinishedOutputs.end(output.final) { () throws(StorageError) in try remove(output) }
      throw error
    }
  }

  /// Makes the folder and returns what holds its lock; nil if something has its name. It has its marker
  /// before it has its name.
  private static func make(_ output: OutputPath) throws(StorageError) -> FileDescriptor? {
    while OutputPath.status(output.work) == nil {
      let path = TemporaryName.make(for: output)
      guard unsafe mkdir(path, 0o700) == 0 else { throw .creating(output.final, errno) }
      do throws(StorageError) {
        let lock = try RunMarker.create(in: path)
        try OutputPath.synchronize(path)
        if try UnfinishedOutputs.begin(output, { () throws(StorageError) in try name(path, output) }) { return lock }
        try removeContents(of: path)
      } catch {
        // A run that starts at this moment may have swept away what was still empty.
        guard OutputPath.status(path) != nil else { continue }
        try? removeContents(of: path)
        throw error
      }
    }
    return nil
  }

  /// Gives a folder that is complete its name; false if something has it.
  private static func name(_ path: String, _ output: OutputPath) throws(StorageError) -> Bool {
    guard try OutputPath.renameToFree(path, output.work) else { return false }
    do throws(StorageError) {
      try OutputPath.synchronize(output.parent)
    } catch {
      try OutputPath.rename(output.work, to: path)
      throw error
    }
    return true
  }

  /// Proves that `folder` is a work folder of `output`, and takes its lock.
  /// - Returns: What holds the lock; nil if the folder has gone meanwhile.
  /// - Throws: `StorageError.notAWorkFolder`, `locked`.
  private static func lock(_ folder: String, of output: OutputPath) throws(StorageError) -> FileDescriptor? {
    guard let before = OutputPath.status(folder) else { return nil }
    func isSame() -> Bool { OutputPath.status(folder)?.isSameFile(as: before) == true }
    let path = folder + "/" + WorkItem.run.rawValue
    guard before.isDirectory, OutputPath.status(path)?.isRegularFile == true,
      let file = try? FileDescriptor(updating: path), let marker = RunMarker.read(file) ?? patientlyRead(file)
    else {
      guard isSame() else { return nil }
      throw .notAWorkFolder(path: folder)
    }
    guard try file.lock(waits: false) != .held else { throw .locked(path: output.final, by: marker.holder) }
    // The run that held the lock until now may have removed the folder: then we hold nothing.
    guard isSame(), let named = OutputPath.status(path), named.isSameFile(as: try file.status()) else { return nil }
    return file
  }

  /// The marker in a file that had none: perhaps another run was just writing it.
  private static func patientlyRead(_ file: borrowing FileDescriptor) -> RunMarker? {
    usleep(10_000)
    return RunMarker.read(file)
  }

  /// Says in the marker that this process works in the folder from now on.
  private static func takeOver(_ lock: borrowing FileDescriptor, _ output: OutputPath) throws(StorageError) {
    guard var marker = RunMarker.read(lock) else { throw .notAWorkFolder(path: output.work) }
    marker.holder = .current
    try lock.write(marker.bytes, at: 0)
    _ = try UnfinishedOutputs.begin(output) { () throws(StorageError) in true }
  }

  /// What a stopped run of `output` has left to go on with: a file with a journal of more than its first
  /// line, a directory with a state, or what was found out before there was any output.
  static func unfinishedKind(of output: OutputPath) -> Kind? {
    let isPrepared = OutputPath.status(output.path(.prepared)) != nil
    guard let made = OutputPath.status(output.path(.output)) else { return isPrepared ? .directory : nil }
    if made.isDirectory {
      return isPrepared || OutputPath.status(output.path(.resume)) != nil ? .directory : nil
    }
    return Journal.hasRecords(output.path(.journal)) ? .file : nil
  }

  /// Gives an old directory its name back if a run was killed while it replaced it.
  /// - Throws: `StorageError.exists` if it may not be replaced any more.
  private static func restoreReplaced(_ output: OutputPath, overwriting: Bool) throws(StorageError) {
    guard OutputPath.status(output.path(.replaced)) != nil else { return }
    guard !output.exists else { return try WorkItem.replaced.remove(from: output.work) }
    try OutputPath.rename(output.path(.replaced), to: output.final)
    guard !overwriting else { return }
    if unfinishedKind(of: output) == nil { try remove(output) }
    throw .exists(path: output.final)
  }
}

enum TemporaryName {
  /// Eight random digits, and eight that prove that the name is one of ours.
  private static let digitCount = 16

  /// A name beside `output` that nothing has, as far as chance goes.
  static func make(for output: OutputPath) -> String {
    let random = hexadecimal(UInt64(UInt32.random(in: 0 ... .max)), digits: digitCount / 2)
    return output.work + "." + random + proof(of: random, Substring(output.name + OutputPath.workSuffix))
  }

  /// Whether `name`, without a directory, is such a name.
  static func isOne(_ name: Substring) -> Bool {
    let digits = name.suffix(digitCount)
    let folder = name.dropLast(digitCount + 1)
    guard digits.count == digitCount, name.dropLast(digitCount).hasSuffix("."), folder.hasSuffix(OutputPath.workSuffix)
    else { return false }
    return proof(of: String(digits.prefix(digitCount / 2)), folder) == digits.suffix(digitCount / 2)
  }

  private static func proof(of random: String, _ folder: Substring) -> String {
    String(SHA256Hasher.hash(Array("\(folder) \(random)".utf8)).description.prefix(digitCount / 2))
  }

  /// Removes the folders that killed runs of `output` have left under such names. One that is in use stays:
  /// its lock is held, or it is empty and whoever makes it tries again.
  static func sweep(_ output: OutputPath) {
    guard let parent = try? FileDescriptor(reading: output.parent, flags: O_DIRECTORY),
      let entries = try? parent.entries()
    else { return }
    let directory = String(output.final.dropLast(output.name.count))
    for case let name? in entries.map(\.name)
    where name.hasPrefix(output.name + OutputPath.workSuffix + ".") && isOne(name[...]) {
      let path = directory + name
      guard OutputPath.status(path)?.isDirectory == true, unsafe rmdir(path) != 0 else { continue }
      try? WorkFolder.removeAbandoned(path)
    }
  }
}
