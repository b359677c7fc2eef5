// Which program made something.

/// The version of skyquant, written into what it makes.
public enum Version {
  /// The version of this program.
  public static let current = "0.1.0"
}
