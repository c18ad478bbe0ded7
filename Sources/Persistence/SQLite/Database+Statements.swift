import GRDB

extension Database {
    /// Runs a prepared statement.
    func run(_ sql: String, _ arguments: [DatabaseValue] = []) throws {
        try cachedStatement(sql: sql).execute(arguments: Self.bindable(arguments))
    }

    /// Runs a prepared statement that inserts, updates or deletes.
    /// - Returns: how many rows it changed.
    func change(_ sql: String, _ arguments: [DatabaseValue] = []) throws -> Int {
        try run(sql, arguments)
        return changesCount
    }

    /// The first row, or nil.
    /// - Parameter table: for the message, should a column not parse.
    func fetchFirst<Value>(
        _ sql: String, _ arguments: [DatabaseValue] = [], table: String, as make: (inout RowReader) throws -> Value
    ) throws -> Value? {
        let cursor = try Row.fetchCursor(cachedStatement(sql: sql), arguments: Self.bindable(arguments))
        // The row reads from the statement, which the cursor resets when it goes.
        return try withExtendedLifetime(cursor) {
            guard let row = try cursor.next() else { return nil }
            var reader = RowReader(row, table: table)
            return try make(&reader)
        }
    }

    func fetchAll<Value>(
        _ sql: String, _ arguments: [DatabaseValue] = [], table: String, as make: (inout RowReader) throws -> Value
    ) throws -> [Value] {
        let cursor = try Row.fetchCursor(cachedStatement(sql: sql), arguments: Self.bindable(arguments))
        var values: [Value] = []
        while let row = try cursor.next() {
            var reader = RowReader(row, table: table)
            values.append(try make(&reader))
        }
        return values
    }

    /// As optional existentials, because GRDB's initializer for a sequence of one type maps it by a key path: half of an
    /// update's time.
    private static func bindable(_ arguments: [DatabaseValue]) -> StatementArguments {
        StatementArguments(arguments.lazy.map { $0 as (any DatabaseValueConvertible)? })
    }
}
