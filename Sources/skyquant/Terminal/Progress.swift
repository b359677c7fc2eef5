// Progress on standard error: a line that redraws on a terminal, one line per event when piped.
import Basics
import Glibc
import Reports
import Workflows

/// Shows how far a long run is and how long it will still take.
struct Progress {
  private let isShown: Bool
  private let isAnimated: Bool
  private let start = Progress.now()
  private var lastDrawn = 0.0

  init(_ options: OutputOptions) {
    isShown = !options.quiet
    isAnimated = StandardError.isTerminal
  }

  /// Draws `done` of `total` steps; on a terminal at most ten times a second.
  mutating func update(_ label: String, done: Int, total: Int) {
    guard isShown, isAnimated else { return }
    let now = Progress.now()
    guard now - lastDrawn >= 0.1 || done == total else { return }
    lastDrawn = now
    let width = 24
    let filled = total > 0 ? done * width / total : width
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    let line = "\(bar) \(done)/\(total) \(label)\(remaining(done, total))"
    StandardError.write(.clearedLine + SafeText(part: line))
  }

  /// Shows what a job tells.
  mutating func show(_ event: RunEvent) {
    switch event {
    case .progress(let stage, let done, let total): update("\(stage)", done: done, total: total)
    case .directoriesLeftOut(let model, let names): warn(ofDirectoriesIn: model, names)
    case .memory(let plan, let limit): self.event(plan.line(limit))
    case .resumed(let layerCount, let total): self.event("going on after \(layerCount) of \(total) layers")
    case .quantized(let layer): for line in layer.lines { self.event(line) }
    case .warning(let text): warning(text)
    }
  }

  /// A line that stays: an event of a piped run, or a row of a table above the bar.
  func event(_ text: StyledText) {
    if isShown { write(text) }
  }

  /// A line that stays and that `--quiet` does not hide: the result is not all that the user may take it for.
  func warning(_ text: String) { write("\("warning:", .warning) \(text)") }

  /// Warns of directories in a model's directory, which are no part of what is made of it.
  func warn(ofDirectoriesIn model: String, _ names: [String]) {
    guard !names.isEmpty else { return }
    let shown = names.prefix(5).map(\.displayed).joined(separator: ", ")
    let more = names.count > 5 ? " and \(names.count - 5) more" : ""
    warning("\(model.displayed): directories are not carried along: \(shown)\(more)")
  }

  /// Removes the bar.
  func finish() {
    StandardError.write(clearedBar)
  }

  private func write(_ line: StyledText) { StandardError.write(clearedBar + SafeText(line: line)) }

  /// Takes the bar away, if there is one.
  private var clearedBar: SafeText { isShown && isAnimated ? .clearedLine : .empty }

  /// Seconds since the start.
  var elapsed: Double { Progress.now() - start }

  private func remaining(_ done: Int, _ total: Int) -> String {
    guard done > 0, done < total else { return "" }
    let left = elapsed / Double(done) * Double(total - done)
    return " · \(Seconds.text(elapsed)) elapsed · \(Seconds.text(left)) left"
  }

  private static func now() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
