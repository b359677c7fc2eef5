// How long a run will still take, by what was planned and by what was seen.

/// Time left of a run whose stages follow one another.
///
/// A stage's own pace tells most of what is left of it. Until it has shown one, and for the stages behind it, there is
/// only the plan, if there is one. What an earlier run has done, and what earlier stages took, does not count towards
/// a pace: a resumed run would promise seconds, and one that has hashed for an hour a day.
public struct TimeLeft: Sendable {
  /// Seconds of a stage, and the part of it that is done, after which its own pace is believed.
  private static let pacing = (seconds: 3.0, share: 0.01)

  /// Seconds that each kind of stage takes, in the order of the run; empty if nobody has planned.
  private var plan: [StageEstimate] = []
  private var kind: Stage.Kind?
  private var begun = (time: 0.0, share: 0.0)
  private var current = (time: 0.0, share: 0.0)

  /// Nothing is known yet.
  public init() {}

  /// Believes `plan` until the stages show their own pace.
  public mutating func follow(_ plan: RunPlan) { self.plan = plan.stages }

  /// A stage has got so far, from 0 to 1, at `time` in seconds.
  public mutating func advance(_ kind: Stage.Kind, to share: Double, at time: Double) {
    if kind != self.kind {
      self.kind = kind
      begun = (time, share)
    }
    current = (time, share)
  }

  /// Seconds left of the run if there is a plan, else of the stage; nil while nothing is known.
  public var seconds: Double? {
    guard let kind else { return nil }
    let planned = plan.first { $0.kind == kind }?.seconds
    let later = plan.drop { $0.kind != kind }.dropFirst().reduce(0) { $0 + $1.seconds }
    let left = 1 - current.share
    if let pace { return pace * left + later }
    return planned.map { $0 * left + later }
  }

  /// Seconds that the whole stage would take at the pace that it has shown.
  private var pace: Double? {
    let seconds = current.time - begun.time, share = current.share - begun.share
    guard seconds >= Self.pacing.seconds || plan.isEmpty, share >= Self.pacing.share, seconds > 0 else { return nil }
    return seconds / share
  }
}
