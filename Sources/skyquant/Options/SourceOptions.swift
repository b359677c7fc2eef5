// Options of every command that makes a model from another one's weights.
import ArgumentParser

struct SourceOptions: ParsableArguments {
  @Flag(help: "Go on with a warning where weights that are copied are NaN, infinite or all zero.")
  var allowNonfinite = false
}
