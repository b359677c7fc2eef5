// swift-tools-version: 6.2
// The module graph: targets are listed so that each one imports only targets above it.
// Formats (Safetensors, Skyq) do not know models; models do not know formats; they meet in Tensors.

import PackageDescription

let settings: [SwiftSetting] = [
  .strictMemorySafety(),  // every unsafe expression says `unsafe`
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableExperimentalFeature("Lifetimes"),  // cursors over borrowed bytes: ByteReader, JSONReader
  .treatAllWarnings(as: .error),
]

/// A library that apt provides; `Scripts/install-deps.sh` installs them all.
func system(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(name: name, path: "Sources/System/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.target(name: name), "TestSupport"] + dependencies,
    resources: resources, swiftSettings: settings)
}

let package = Package(
  name: "skyquant",
  products: [
    .executable(name: "skyquant", targets: ["skyquant"]),
    // What the command line does, for programs; the modules beside it hold the types that it takes and gives.
    .library(
      name: "Workflows",
      targets: [
        "Workflows", "Reports", "Verification", "Evaluation", "Benchmarks", "PairedStatistics", "LayerSearch",
        "Calibration", "ModelCards", "ModelFiles", "ModelInputs", "ReferenceModel", "ModelConfig", "Kernels",
        "Quantization", "Skyq",
        "Storage", "JSON", "HTML", "Tensors", "Basics",
      ]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    // Libraries of the system
    system("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
    system("CJSONC", pkgConfig: "json-c", apt: "libjson-c-dev"),
    system("CTurboJPEG", pkgConfig: "libturbojpeg", apt: "libturbojpeg0-dev"),
    system("CSpng", pkgConfig: "spng", apt: "libspng-dev"),
    system("CWebP", pkgConfig: "libwebp", apt: "libwebp-dev"),
    system("CXXHash", pkgConfig: "libxxhash", apt: "libxxhash-dev"),
    system("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),
    // Linked by tests alone: Kernels loads it, if it is there, in the numeric mode that asks for it.
    system("COpenBLAS", pkgConfig: "openblas", apt: "libopenblas-pthread-dev"),
    .systemLibrary(name: "CLinux", path: "Sources/System/CLinux"),
    .target(name: "CAllocation"),
    .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3", "-fno-math-errno", "-fno-omit-frame-pointer"])]),

    // Errors, safe text, numbers and tables for people
    library("Basics", []),
    // Pages and charts as values
    library("HTML", ["Basics"]),

    // What a tensor is, bytes on disk, JSON
    library("Tensors", []),
    library("Storage", ["Basics", "Tensors", "CZstd", "CXXHash", "CCrypto", "CLinux"]),
    library("JSON", ["Basics", "CJSONC"]),

    // File formats
    library("Safetensors", ["Basics", "Tensors", "Storage", "JSON"]),
    library("Skyq", ["Basics", "Tensors", "Storage", "JSON"]),
    library("GGUF", ["Basics", "Tensors", "Storage"]),

    // Models and their inputs
    library("Jinja", ["Basics", "JSON"]),
    library("ModelConfig", ["Basics", "Tensors", "JSON"]),
    library("Tokenization", ["Basics", "Storage", "JSON"]),
    library("ImageProcessing", ["Basics", "Tensors", "CTurboJPEG", "CSpng", "CWebP"]),
    library("Companions", ["Basics", "Storage", "JSON", "ModelConfig", "Tokenization"]),
    library(
      "ModelInputs",
      ["Basics", "Tensors", "Storage", "JSON", "Jinja", "ModelConfig", "Tokenization", "ImageProcessing"]),
    library("Kernels", ["Basics", "Tensors", "CKernels"]),
    library("ReferenceModel", ["Basics", "Tensors", "Kernels", "ModelConfig"]),

    // Benchmarks: questions, answers, scores, and how sure one can be of a difference
    library("Benchmarks", ["Basics", "Tensors", "Storage", "JSON"]),
    library("PairedStatistics", []),
    library("Evaluation", ["Benchmarks", "PairedStatistics"]),

    // Model cards and their front matter
    library("ModelCards", ["Basics"]),

    // Quantization and its proof
    library("Quantization", ["Basics", "Tensors", "Kernels"]),
    library(
      "ModelFiles",
      [
        "Basics", "Tensors", "Storage", "JSON", "Safetensors", "Skyq", "ModelCards", "ModelConfig", "Kernels",
        "Quantization",
      ]),
    library(
      "GGUFExport",
      [
        "Basics", "Tensors", "Storage", "JSON", "GGUF", "ModelConfig", "Tokenization", "Kernels", "Quantization",
        "ModelFiles",
      ]),
    library("Calibration", ["Tensors", "Storage", "Kernels", "ReferenceModel", "ModelConfig", "CLinux"]),
    library(
      "LayerSearch",
      ["Basics", "Tensors", "Kernels", "Quantization", "ReferenceModel", "ModelConfig", "Calibration"]),
    library("Verification", ["Tensors", "Kernels", "ReferenceModel", "Companions", "Benchmarks"]),
    library(
      "Doctor",
      [
        "Basics", "Tensors", "Storage", "JSON", "Safetensors", "Jinja", "ModelConfig", "Tokenization", "ModelInputs",
        "Kernels",
      ]),

    // What the commands do, for programs: work without printing, results as values
    library(
      "Reports",
      [
        "Basics", "Tensors", "JSON", "HTML", "Companions", "Benchmarks", "PairedStatistics", "Evaluation",
        "Quantization", "ModelCards", "ModelFiles", "Calibration", "LayerSearch", "Verification",
      ]),
    library(
      "Workflows",
      [
        "Basics", "Tensors", "Storage", "JSON", "HTML", "Safetensors", "Skyq", "ModelConfig", "Tokenization",
        "Companions", "ImageProcessing", "ModelInputs", "Benchmarks", "Evaluation", "Kernels", "ReferenceModel",
        "Quantization", "ModelCards", "ModelFiles", "GGUFExport", "Calibration", "LayerSearch", "Verification",
        "Reports",
      ]),

    // A trained sample model for tests and the quickstart
    .target(name: "SampleModel", dependencies: ["Basics"], resources: [.copy("Resources")], swiftSettings: settings),

    // The commands
    .executableTarget(
      name: "skyquant",
      dependencies: [
        "Basics", "Tensors", "Storage", "JSON", "Safetensors", "Skyq", "ModelConfig", "Tokenization", "ImageProcessing",
        "Companions", "ModelInputs", "Kernels", "ReferenceModel", "Quantization", "ModelCards", "ModelFiles",
        "GGUFExport",
        "Calibration", "LayerSearch", "Verification", "Benchmarks", "Evaluation", "Doctor", "Reports", "Workflows",
        "CLinux", "CAllocation",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),

    // Quantizing from Swift code
    .executableTarget(
      name: "quantize-example", dependencies: ["Workflows"], path: "Sources/Examples/Quantize",
      swiftSettings: [.treatAllWarnings(as: .error)]),

    // Measuring the kernels
    .executableTarget(
      name: "skyquant-bench",
      dependencies: [
        "Basics", "JSON", "Tensors", "Kernels", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),

    // Tests
    .target(name: "TestSupport", dependencies: ["Tensors"], path: "Tests/TestSupport", swiftSettings: settings),
    tests("Basics", []),
    tests("HTML", []),
    tests("ModelCards", []),
    tests("Tensors", []),
    tests("Storage", ["Basics", "Tensors"]),
    tests("JSON", []),
    tests("Safetensors", ["Basics", "Tensors", "Storage", "JSON"], resources: [.copy("Resources")]),
    tests("Skyq", ["Basics", "Tensors", "Storage", "JSON"]),
    tests("GGUF", ["Tensors", "Storage"], resources: [.copy("Resources")]),
    tests("Jinja", ["JSON"], resources: [.copy("Resources")]),
    tests("ModelConfig", ["JSON"], resources: [.copy("Resources")]),
    tests("Tokenization", ["Basics", "Storage", "JSON", "Jinja", "SampleModel"], resources: [.copy("Resources")]),
    tests("ImageProcessing", ["Tensors", "CCrypto"], resources: [.copy("Resources")]),
    tests("Benchmarks", ["Tensors", "Storage", "JSON", "SampleModel"], resources: [.copy("Resources")]),
    tests("PairedStatistics", ["JSON"], resources: [.copy("Resources")]),
    tests("Evaluation", ["Benchmarks", "PairedStatistics"]),
    tests("Kernels", ["Tensors", "CKernels", "COpenBLAS"]),
    tests("SampleModel", []),
    tests(
      "ReferenceModel", ["Tensors", "Kernels", "ModelConfig", "JSON", "Safetensors", "SampleModel"],
      resources: [.copy("Resources")]),
    tests("Quantization", ["Tensors", "Kernels", "Safetensors"], resources: [.copy("Resources")]),
    tests("Companions", ["Storage", "JSON", "ModelConfig", "Tokenization", "SampleModel"]),
    tests(
      "ModelInputs",
      [
        "Tensors", "Storage", "JSON", "ModelConfig", "Tokenization", "ImageProcessing", "ModelFiles", "Safetensors",
        "SampleModel",
      ], resources: [.copy("Resources")]),
    tests(
      "ModelFiles",
      [
        "Basics", "Tensors", "Storage", "JSON", "ModelConfig", "ReferenceModel", "Safetensors", "Skyq", "Kernels",
        "Quantization", "SampleModel",
      ], resources: [.copy("Resources")]),
    tests(
      "GGUFExport",
      [
        "Basics", "Tensors", "Storage", "JSON", "Safetensors", "Kernels", "ModelConfig", "ModelFiles", "Quantization",
        "SampleModel", "GGUF",
      ]),
    tests("Calibration", ["Tensors", "Storage", "Kernels", "LayerSearch"]),
    tests(
      "LayerSearch",
      [
        "Basics", "Calibration", "Tensors", "Storage", "JSON", "Kernels", "Quantization", "ReferenceModel",
        "ModelConfig", "ModelFiles", "Safetensors", "SampleModel",
      ], resources: [.copy("Resources")]),
    tests(
      "Verification",
      [
        "Basics", "Tensors", "JSON", "Safetensors", "ModelConfig", "ModelFiles", "ReferenceModel", "Reports",
        "SampleModel",
      ],
      resources: [.copy("Resources")]),
    tests(
      "Doctor", ["Storage", "JSON", "Tensors", "Kernels", "ModelFiles", "Quantization", "SampleModel", "Safetensors"]),
    tests("Reports", ["Basics", "JSON", "LayerSearch"]),
    tests(
      "Workflows",
      [
        "Basics", "Tensors", "Storage", "JSON", "Skyq", "ImageProcessing", "ModelFiles", "ModelInputs",
        "ReferenceModel", "Calibration", "LayerSearch", "Reports", "Verification", "PairedStatistics", "Evaluation",
        "SampleModel",
      ]),
    .testTarget(
      name: "CommandTests", dependencies: ["skyquant", "quantize-example", "JSON", "SampleModel", "TestSupport"],
      exclude: ["Snapshots"], swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu11
)
