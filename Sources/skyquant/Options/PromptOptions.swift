// How questions become prompts.
import ArgumentParser
import ModelInputs

struct PromptOptions: ParsableArguments {
  @Option(help: "System text (default: the config's system_message, else the template's).")
  var system: String?

  @Option(help: "Conversation template (default: by config.json).")
  var template: String?

  @Flag(inversion: .prefixedNo, help: "Start the answer with <think> (default: by template).")
  var think: Bool?

  var settings: PromptSettings { applied(to: PromptSettings()) }

  /// `settings` but for what was given here.
  func applied(to settings: PromptSettings) -> PromptSettings {
    PromptSettings(
      template: template ?? settings.template, system: system ?? settings.system, thinks: think ?? settings.thinks)
  }
}
