// What results depend on is named as the system names it.
import Foundation
import Kernels
import Testing

@Suite struct NumericModeTests {
  @Test func theKernelsAreThoseOfTheProcessorAndTheLibraryIsTheSystems() throws {
    let lines = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8).split(separator: "\n")
    let flags = Set(lines.first { $0.hasPrefix("flags") }?.split(separator: " ") ?? [])
    let getconf = Process(), pipe = Pipe()
    getconf.executableURL = URL(fileURLWithPath: "/usr/bin/getconf")
    getconf.arguments = ["GNU_LIBC_VERSION"]
    getconf.standardOutput = pipe
    try getconf.run()
    getconf.waitUntilExit()
    let library = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let kernels = flags.isSuperset(of: ["avx2", "fma", "f16c"]) ? "AVX2" : "plain C"
    let products = flags.contains("avx512f") ? "AVX-512" : kernels
    #expect(NumericMode.productInstructionSet == products)
    #expect(NumericMode.bfloat16InstructionSet == (flags.contains("avx512_bf16") ? "AVX512-BF16" : products))
    #expect(NumericMode.bfloat16.name + "\n" == "bf16 in pairs, \(kernels), \(library)")
    #expect(NumericMode.exact.name + "\n" == "exact, \(kernels), \(library)")
  }
}
