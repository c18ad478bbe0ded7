import FoundationEssentials
import GRDB
import OpenIDConnect

/// Reads the columns of a row from left to right. What doesn't parse is ``StoreError/corrupt(_:)``, naming table and key:
/// a damaged or doctored file is an error, never a crash.
struct RowReader {
    private let row: Row
    private let table: String
    private var index = 0

    init(_ row: Row, table: String) {
        self.row = row
        self.table = table
    }

    mutating func text() throws -> String { try next(String.self) }

    mutating func optionalText() throws -> String? { try next(String?.self) }

    mutating func integer() throws -> Int64 { try next(Int64.self) }

    mutating func flag() throws -> Bool { try integer() != 0 }

    mutating func time() throws -> Date { Date(microseconds: try integer()) }

    mutating func optionalTime() throws -> Date? { try next(Int64?.self).map(Date.init(microseconds:)) }

    mutating func bytes() throws -> [UInt8] { Array(try next(Data.self)) }

    mutating func optionalBytes() throws -> [UInt8]? { try next(Data?.self).map { Array($0) } }

    mutating func list() throws -> [String] {
        guard let list = StringList.decode(try text()) else { throw corrupt("is not a list of strings") }
        return list
    }

    /// - Parameter make: a failable initializer.
    mutating func text<Value>(as make: (String) -> Value?) throws -> Value {
        let text = try text()
        guard let value = make(text) else { throw corrupt("has the unknown value \"\(text)\"") }
        return value
    }

    mutating func optionalText<Value>(as make: (String) -> Value?) throws -> Value? {
        guard let text = try optionalText() else { return nil }
        guard let value = make(text) else { throw corrupt("has the unknown value \"\(text)\"") }
        return value
    }

    /// The error for the column read last.
    func corrupt(_ problem: String) -> StoreError {
        let column = row.columnNames.dropFirst(max(0, index - 1)).first ?? "?"
        return .corrupt("table \(table), key \(key): column \(column) \(problem)")
    }

    /// The first column of every query is the key.
    private var key: String {
        guard row.count > 0 else { return "?" }
        let value: DatabaseValue = row[0]
        switch value.storage {
        case .null: return "NULL"
        case .int64(let integer): return String(integer)
        case .double(let number): return String(number)
        case .string(let text): return text
        case .blob(let data): return data.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
    }

    private mutating func next<Value: DatabaseValueConvertible & StatementColumnConvertible>(_ type: Value.Type) throws -> Value {
        index += 1
        do {
            return try row.decode(type, atIndex: index - 1)
        } catch {
            throw corrupt("is not a \(type)")
        }
    }
}
