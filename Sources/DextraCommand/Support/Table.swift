/// Text in columns, two spaces apart. The last column is as long as it is.
struct Table: Sendable, Hashable {
    /// Empty for a table without a heading.
    private let headings: [String]
    private let rows: [[String]]

    init(_ headings: [String], rows: [[String]]) {
        self.headings = headings
        self.rows = rows
    }

    /// What something is, line by line: its names on the left, its values on the right.
    init(details: [(name: String, value: String)]) {
        self.init([], rows: details.map { [$0.name, $0.value] })
    }

    /// Without a line end after the last line. What would change the look of a terminal is shown as a number.
    var text: String {
        let lines = ([headings] + rows).filter { !$0.isEmpty }.map { $0.map(Printable.line) }
        let widths = (0..<(lines.map(\.count).max() ?? 0)).map { column in
            lines.compactMap { $0.indices.contains(column) ? width($0[column]) : nil }.max() ?? 0
        }
        return lines.map { cells in
            var line = ""
            for (cell, width) in zip(cells, widths) {
                line += cell + String(repeating: " ", count: width - self.width(cell) + 2)
            }
            return withoutLastSpaces(line)
        }.joined(separator: "\n")
    }

    private func withoutLastSpaces(_ text: String) -> String {
        var bytes = text.utf8[...]
        while bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
        return String(Substring(bytes))
    }

    /// In columns of a terminal.
    private func width(_ text: String) -> Int {
        text.count  // characters: people see columns
    }
}
