// What is told of MLPs that devices are to share.
public import JSON
public import ModelFiles

extension WidenedMLP {
  /// `intermediate_size` of reports.
  public var json: JSONValue { ["before": .integer(features), "after": .integer(widened)] }

  /// What has become of MLPs that so many devices are to share; nothing if that was not asked for.
  /// - Parameter widening: How much wider they are; nil if they are not.
  public static func lines(_ widening: WidenedMLP?, devices: Int?) -> [String] {
    guard let devices else { return [] }
    guard let widening else { return ["\(devices) devices can share the MLPs as they are"] }
    return [
      "MLPs of \(widening.widened) features, of which the last \(widening.widened - widening.features) are zeros: "
        + "\(devices) devices can share them by whole groups"
    ]
  }
}
