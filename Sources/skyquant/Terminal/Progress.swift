// Progress on standard error: a line that redraws on a terminal; where it is piped, a line for each event, and one a
// minute while there is none.
import Basics
import Glibc
import LayerSearch
import ModelConfig
import Reports
import Workflows

/// Shows how far a long run is and how long it will still take.
struct Progress {
  private let isShown: Bool
  private let isAnimated: Bool
  private let start = Progress.now()
  private var lastShown: Double
  private var timeLeft = TimeLeft()
  private var plan: RunPlan?
  /// The last progress, and tokens that have been generated so far.
  private var last: (stage: Stage, done: Int, total: Int)?
  private var tokenCount = 0
  /// What was told of the files beside a model's weights.
  private(set) var carried = CarriedText()

  /// Seconds between two pictures of the bar, and between two lines of a log without an event.
  private static let interval = (bar: 0.1, log: 60.0)

  init(_ options: OutputOptions) {
    isShown = !options.quiet
    isAnimated = StandardError.isTerminal
    lastShown = isAnimated ? 0 : start
  }

  /// Shows what a job tells.
  mutating func show(_ event: RunEvent) {
    switch event {
    case .progress(let stage, let done, let total):
      last = (stage, done, total)
      update(stage, done, total)
    case .tokens(let count):
      tokenCount = count
      if let (stage, done, total) = last { update(stage, done, total) }
    case .planned(let plan):
      self.plan = plan
      timeLeft.follow(plan)
    case .carried(let model, let files):
      carried = CarriedText(files)
      if let note = carried.note { warning("\(model.displayed): \(note)") }
    case .memory(let plan, let limit): self.event(plan.line(limit))
    case .memoryUse(let use): self.event(use.line)
    case .resumed(let layerCount, let total): self.event("going on after \(layerCount) of \(total) layers")
    case .answersFound(let count, let total, let benchmark):
      self.event("\(benchmark.displayed): \(count) of \(total) answers are there already")
    case .quantized(let layer): for line in layer.lines(width: StandardError.tableWidth) { self.event(line) }
    case .quantizedOutside(let part):
      for line in part.reports.lines(width: StandardError.tableWidth) { self.event(line) }
    case .warning(let text): warning(text)
    }
  }

  private mutating func update(_ stage: Stage, _ done: Int, _ total: Int) {
    guard isShown else { return }
    let now = Progress.now(), share = plan?.share(of: stage) ?? (total > 0 ? Double(done) / Double(total) : 0)
    timeLeft.advance(stage.kind, to: share, at: now)
    guard now - lastShown >= (isAnimated ? Self.interval.bar : Self.interval.log) else { return }
    lastShown = now
    let tokens = stage == .answers && tokenCount > 0 ? ", \(tokenCount) tokens" : ""
    let line = ProgressLine(
      share: share, label: "\(stage)", count: stage.count(done, of: total) + tokens, left: timeLeft.seconds,
      memory: ProcessMemory.residentByteCount)
    if isAnimated {
      // A line as wide as the terminal would wrap on some.
      StandardError.drawBar(SafeText(part: line.text(columns: StandardError.columnCount - 1)))
    } else {
      StandardError.write(SafeText(line: StyledText(line.text)))
    }
  }

  /// A line that stays: an event of a piped run, or a row of a table above the bar.
  mutating func event(_ text: StyledText) {
    guard isShown else { return }
    if !isAnimated { lastShown = Progress.now() }
    StandardError.write(SafeText(line: text))
  }

  /// A line that stays and that `--quiet` does not hide: the result is not all that the user may take it for.
  func warning(_ text: String) { StandardError.write(SafeText(line: "\("warning:", .warning) \(text)")) }

  /// Removes the bar.
  func finish() { StandardError.write(.empty) }

  /// Seconds since the start.
  var elapsed: Double { Progress.now() - start }

  private static func now() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

extension Stage {
  /// How far it is; empty if nobody counts.
  fileprivate func count(_ done: Int, of total: Int) -> String {
    switch kind {
    case .hashing, .readingWeights: total > 0 ? "\(ByteCount.text(done)) of \(ByteCount.text(total))" : ""
    case .quantizing, .measuring:
      "\(done / LinearSite.allCases.count) of \(total / LinearSite.allCases.count) layers"
    default: "\(done) of \(total)"
    }
  }
}
