// Choices of the libraries as command-line arguments.
public import Benchmarks
public import Calibration
public import Evaluation
public import GGUFExport
public import Kernels
public import LayerSearch
public import Quantization
public import ArgumentParser
public import Skyq
public import Workflows

extension Propagation: ExpressibleByArgument {}
extension CodeScheme: ExpressibleByArgument {}
extension QuantizationStep: ExpressibleByArgument {}
extension NumericModeChoice: ExpressibleByArgument {}
extension ReproducibleMode: ExpressibleByArgument {}
extension PromptLayout: ExpressibleByArgument {}
extension EvaluationMode: ExpressibleByArgument {}
extension AnswerPreset: ExpressibleByArgument {}

extension GGUFOptions.LinearType: ExpressibleByArgument {}
extension GGUFOptions.MatrixType: ExpressibleByArgument {}
extension GGUFOptions.PositionLayout: ExpressibleByArgument {}

extension QuantizationMethod: ExpressibleByArgument {
  /// By its name.
  public init?(argument: String) { self.init(name: argument) }
  /// As it is read.
  public var defaultValueDescription: String { name }
  /// All there are.
  public static var allValueStrings: [String] { allCases.map(\.name) }
}

extension ExportRun.Layout: ExpressibleByArgument {
  /// By its name.
  public init?(argument: String) { self.init(name: argument) }
  /// As it is read.
  public var defaultValueDescription: String { "\(self)" }
  /// All there are.
  public static var allValueStrings: [String] { allCases.map { "\($0)" } }
}

extension NamePattern: ExpressibleByArgument {
  /// Any text is a pattern.
  public init?(argument: String) { self.init(argument) }
}

extension ModuleRule: ExpressibleByArgument {
  /// `PATTERN=SCHEME`.
  public init?(argument: String) { self.init(argument) }
}

extension TokenWeighting: ExpressibleByArgument {
  /// As `text` gives it.
  public init?(argument: String) { self.init(text: argument) }
}

/// What linears may be raised to.
struct RaisedForms: ExpressibleByArgument {
  let forms: Set<RaisedForm>

  /// Names with commas between them.
  init?(argument: String) {
    let names = argument.split(separator: ",", omittingEmptySubsequences: false)
    let forms = names.compactMap { RaisedForm(rawValue: String($0)) }
    guard forms.count == names.count else { return nil }
    self.forms = Set(forms)
  }
}

/// A size as people write it.
struct ByteBudget: ExpressibleByArgument {
  let bytes: Int

  /// Powers of ten, and of two with an i.
  private static let units = [
    ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("kB", 1000), ("KB", 1000), ("MB", 1_000_000),
    ("GB", 1_000_000_000), ("B", 1), ("", 1),
  ]

  /// `500MB`, `1.5GiB`, `4096`; nil for anything else, below 0 or beyond 2⁵³.
  init?(argument: String) {
    guard let (suffix, unit) = Self.units.first(where: { argument.hasSuffix($0.0) }),
      let number = Double(argument.dropLast(suffix.count)), number >= 0, number * Double(unit) <= 0x1p53
    else { return nil }
    bytes = Int(number * Double(unit))
  }
}

extension SkyqCheckSubset: ExpressibleByArgument {
  /// `N/T` or `P%`.
  public init?(argument: String) { self.init(argument) }
  /// As it is read.
  public var defaultValueDescription: String { text }
}
