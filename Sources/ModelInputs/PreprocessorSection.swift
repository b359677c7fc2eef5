// preprocessor_config.json as transformers reads it, or what stands for it in processor_config.json.
internal import Basics
internal import ImageProcessing
internal import JSON
internal import Storage

/// The settings of an image processor.
struct PreprocessorSection {
  /// Where they stand.
  let file: String
  private let object: JSONObject
  private let processorClass: String?

  /// What GotOcr2ImageProcessor takes where the file has none.
  static let defaultMean: [Float] = [0.48145466, 0.4578275, 0.40821073]
  static let defaultDeviation: [Float] = [0.26862954, 0.26130258, 0.27577711]

  /// Those of `files`; nil if there are none. `image_processor` of processor_config.json comes first.
  /// - Throws: `ModelInputError.preprocessor` for what is no JSON object.
  init?(_ files: any NamedFiles) throws {
    let nested = try Self.document("processor_config.json", in: files)
    if let object = nested?["image_processor"]?.objectValue {
      self.init(file: "processor_config.json", object: object, processorClass: nested?["processor_class"]?.stringValue)
    } else if let object = try Self.document("preprocessor_config.json", in: files) {
      self.init(
        file: "preprocessor_config.json", object: object, processorClass: object["processor_class"]?.stringValue)
    } else {
      return nil
    }
  }

  private init(file: String, object: JSONObject, processorClass: String?) {
    self.file = file
    self.object = object
    self.processorClass = processorClass
  }

  private static func document(_ file: String, in files: any NamedFiles) throws -> JSONObject? {
    guard let bytes = try files.bytes(of: file) else { return nil }
    do {
      guard let object = try JSONValue(parsing: bytes).objectValue else {
        throw ModelInputError.preprocessor(file: file, problem: "expected an object")
      }
      return object
    } catch let error as JSONError {
      throw ModelInputError.preprocessor(file: file, problem: "\(error)")
    }
  }

  /// The class, without the suffix of its implementation; that of the model if the file does not say.
  private var type: String {
    let name = object["image_processor_type"]?.stringValue ?? Self.knownType
    return ["Fast", "Pil"].first { name.hasSuffix($0) }.map { String(name.dropLast($0.count)) } ?? name
  }

  private static let knownType = "GotOcr2ImageProcessor"

  /// Whether the class is the one that is computed here.
  var isKnown: Bool { type == Self.knownType }

  /// Says that the class is another one.
  var unknownType: String? {
    isKnown
      ? nil
      : "\(file): image_processor_type '\(type.displayed)' is not computed here; pictures are cut and normalised as "
        + "\(Self.knownType) does it, by config.json"
  }

  /// The processor of these models asks for tiles whatever the file says.
  private var isOverridden: Bool { processorClass ?? "InternVLProcessor" == "InternVLProcessor" }

  /// Whether pictures are cut into tiles.
  var cropsToPatches: Bool {
    get throws { isOverridden ? true : try bool("crop_to_patches") ?? false }
  }

  /// Says that the file asks for one tile, and does not get it.
  var overriddenCropping: String? {
    get throws {
      guard isOverridden, try bool("crop_to_patches") == false else { return nil }
      return
        "\(file): crop_to_patches is false, but pictures are cut into tiles, since transformers' InternVLProcessor "
        + "overrides it; max_patches 1 would give one tile"
    }
  }

  /// What samples are divided by: 255, or by another factor.
  var divisor: Float {
    get throws {
      guard try bool("do_rescale") ?? true else { return 1 }
      guard let value = object["rescale_factor"], !value.isNull else { return 255 }
      guard let factor = value.doubleValue, factor > 0, Float(1 / factor).isNormal else {
        throw invalid("rescale_factor", "a positive number")
      }
      return Float(1 / factor)
    }
  }

  /// Checks that pictures are resized to tiles of `tileSize` by bicubic interpolation.
  func requireComputed(tileSize: Int) throws {
    guard try bool("do_resize") ?? true else { throw invalid("do_resize", "true") }
    guard try integer("resample", in: 0...5) ?? 3 == 3 else { throw invalid("resample", "3, bicubic") }
    guard let size = object["size"], !size.isNull else { return }
    let sides = size.objectValue == nil ? [size] : ["height", "width"].map { size[$0] ?? .null }
    guard sides.allSatisfy({ $0.intValue == tileSize }) else {
      throw invalid("size", "height and width \(tileSize), as config.json's vision_config.image_size has it")
    }
  }

  func bool(_ key: String) throws -> Bool? {
    guard let value = object[key], !value.isNull else { return nil }
    guard let flag = value.boolValue else { throw invalid(key, "true or false") }
    return flag
  }

  func integer(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
    guard let value = object[key], !value.isNull else { return nil }
    guard let number = value.intValue, range.contains(number) else {
      throw invalid(key, "an integer from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// A number for each of red, green and blue, or one for all.
  func channels(_ key: String) throws -> [Float]? {
    guard let value = object[key], !value.isNull else { return nil }
    let list = value.arrayValue ?? [value, value, value]
    let numbers = list.compactMap(\.doubleValue).map(Float.init).filter {
      $0.isFinite && (key == "image_mean" || $0.isNormal && $0 > 0)
    }
    guard numbers.count == 3, list.count == 3 else { throw invalid(key, "three numbers") }
    return numbers
  }

  private func invalid(_ key: String, _ expected: String) -> ModelInputError {
    .preprocessor(file: file, problem: "'\(key)': expected \(expected); take the file from the model's repository")
  }
}
