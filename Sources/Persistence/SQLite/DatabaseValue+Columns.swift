import FoundationEssentials
import GRDB
import OpenIDConnect

/// What a statement's parameters are made of.
extension DatabaseValue {
    /// - Throws: ``StoreError/failed(_:)`` for a text with a NUL character: SQLite would silently cut it off there, and
    ///   `admin\0x` must never become `admin`.
    static func text(_ text: String) throws(StoreError) -> DatabaseValue {
        guard !text.utf8.contains(0) else {
            throw .failed("a text with a NUL character can't be stored")
        }
        return text.databaseValue
    }

    static func text(_ text: String?) throws(StoreError) -> DatabaseValue {
        guard let text else { return .null }
        return try .text(text)
    }

    /// A text to look for. One that can't be in any table becomes NULL, which equals nothing.
    static func key(_ text: String) -> DatabaseValue {
        text.utf8.contains(0) ? .null : text.databaseValue
    }

    /// Empty bytes travel as an empty text, because GRDB binds an empty blob as NULL: columns that may be empty or NULL
    /// say `CAST(? AS BLOB)`.
    static func bytes(_ bytes: [UInt8]) -> DatabaseValue {
        bytes.isEmpty ? "".databaseValue : Data(bytes).databaseValue
    }

    static func bytes(_ bytes: [UInt8]?) -> DatabaseValue {
        bytes.map { .bytes($0) } ?? .null
    }

    static func integer(_ integer: Int64) -> DatabaseValue {
        integer.databaseValue
    }

    static func flag(_ flag: Bool) -> DatabaseValue {
        (flag ? 1 as Int64 : 0).databaseValue
    }

    static func time(_ time: Date) -> DatabaseValue {
        time.microseconds.databaseValue
    }

    static func time(_ time: Date?) -> DatabaseValue {
        time.map { .time($0) } ?? .null
    }

    static func list(_ list: [String]) -> DatabaseValue {
        // A NUL character is `\u0000` in JSON.
        StringList.encode(list).databaseValue
    }
}
