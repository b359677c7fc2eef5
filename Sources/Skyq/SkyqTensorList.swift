// The tensors of a file, made when they are asked for.
import Tensors

/// The tensors of a file in file order. All have been checked.
public struct SkyqTensorList: Sendable, RandomAccessCollection {
  private let table: TensorTable
  private let names: NameTable

  /// Entries that have been checked, and their names.
  init(_ table: TensorTable, names: NameTable) {
    self.table = table
    self.names = names
  }

  /// 0.
  public var startIndex: Int { 0 }
  /// Number of tensors.
  public var endIndex: Int { table.count }

  /// The tensor at `index`, which must be below `count`.
  public subscript(index: Int) -> SkyqTensor { SkyqTensor(table[index], name: names[index]) }

  /// The tensor `name`, or nil if there is none.
  func tensor(named name: String) -> SkyqTensor? { names.position(of: name).map { self[$0] } }
}
