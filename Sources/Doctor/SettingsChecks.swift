// Whether the small files that programs parse can be parsed: JSON, the tokenizer, the conversation's template.
internal import Basics
internal import JSON
internal import Jinja
internal import ModelConfig
internal import ModelInputs
internal import Storage
internal import Tokenization

/// Reads the small files of a directory, and remembers what is wrong with them.
struct SettingsChecks {
  private let files: DirectoryFiles
  private(set) var findings: [Finding] = []
  private var broken: Set<String> = []

  init(_ files: DirectoryFiles) { self.files = files }

  private static let names = [
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json",
    "generation_config.json", "preprocessor_config.json", "processor_config.json", "video_preprocessor_config.json",
    "chat_template.json", "quantize_config.json", "quant_config.json",
  ]
  private static let pictures = "preprocessor_config.json"
  private static let texts = ["merges.txt", "chat_template.jinja", "tokenizer.model"]
  private static let advice = "take the file from the original repository"

  /// The JSON file `name`; nil if there is none, or it is no JSON, which is a finding.
  /// - Throws: `StorageError` if the system fails.
  mutating func json(_ name: String) throws -> JSONValue? {
    guard let bytes = try bytes(name) else { return nil }
    do throws(JSONError) {
      return try JSONValue(parsing: bytes)
    } catch {
      report("F102", name, "\(error)")
      return nil
    }
  }

  /// Looks at all the others, of a model with this config.json.
  /// - Throws: as above.
  mutating func checkOthers(config: JSONValue?) throws {
    for name in Self.names {
      guard let value = try json(name) else { continue }
      if value.objectValue == nil { report("F102", name, "no JSON object") }
    }
    for name in Self.texts { _ = try bytes(name) }
    if config?["vision_config"]?.objectValue != nil, let pictures = try json(Self.pictures),
      !broken.contains(Self.pictures)
    {
      check(pictures: pictures)
    }
    checkPictureSettings(config)
    checkTokenizer()
    checkTemplate()
  }

  private mutating func bytes(_ name: String) throws -> [UInt8]? {
    guard files.names.contains(name), !broken.contains(name) else { return nil }
    do {
      return try files.bytes(of: name)
    } catch {
      try requireAboutFiles(error)
      let text = "\(error)", place = "\(files.path.displayed)/\(name): "
      report(
        error.isPlaceholder ? "F104" : "F107", name, text.hasPrefix(place) ? String(text.dropFirst(place.count)) : text)
      return nil
    }
  }

  private mutating func report(_ id: String, _ name: String, _ what: String) {
    if broken.insert(name).inserted { findings.append(Finding(id, .error, name, what, do: Self.advice)) }
  }

  /// Means and deviations of the three colours.
  private mutating func check(pictures: JSONValue) {
    for key in ["image_mean", "image_std"] {
      guard let value = pictures[key], !value.isNull else { continue }
      let numbers = value.arrayValue?.compactMap(\.doubleValue) ?? []
      let isUsable = numbers.count == 3 && (key == "image_mean" || numbers.allSatisfy { $0 > 0 })
      if !isUsable {
        report("F106", Self.pictures, "\(key) must be three \(key == "image_std" ? "positive " : "")numbers")
      }
    }
  }

  /// What the model's processor, which is ours and transformers' in the native layout, does not take.
  private mutating func checkPictureSettings(_ config: JSONValue?) {
    guard let model = config.flatMap({ try? ModelConfig(document: $0) }), let multimodal = model.multimodal else {
      return
    }
    do {
      _ = try PictureSettings(multimodal, layout: model.layout, files: files)
    } catch let error as ModelInputError {
      let text = "\(error)", place = Self.pictures + ": "
      report("F106", Self.pictures, text.hasPrefix(place) ? String(text.dropFirst(place.count)) : text)
    } catch {}  // what cannot be read at all is told above
  }

  /// What our own tokenizer refuses as malformed no other reads; what it does not know says nothing.
  private mutating func checkTokenizer() {
    guard
      broken.isDisjoint(with: [
        "tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt", "added_tokens.json",
      ])
    else { return }
    do {
      _ = try Tokenizer(files: files)
    } catch let error as TokenizerError where error.category == .malformedInput {
      let text = "\(error)", file = Self.names.first { text.hasPrefix($0 + ": ") } ?? "tokenizer.json"
      report("F103", file, text.hasPrefix(file + ": ") ? String(text.dropFirst(file.count + 2)) : text)
    } catch {}
  }

  private mutating func checkTemplate() {
    guard let templates = (try? ModelTemplates(files)) ?? nil, let main = templates.main else { return }
    do throws(JinjaError) {
      _ = try ChatTemplateProgram(parsing: main)
    } catch {
      guard case .syntax = error else { return }
      report("F105", templates.file, "the chat template is no Jinja template: \(error)")
    }
  }
}

extension StorageError {
  fileprivate var isPlaceholder: Bool { if case .placeholder = self { true } else { false } }
}
