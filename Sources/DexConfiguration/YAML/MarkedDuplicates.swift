/// A YAML text in which the first occurrence of each duplicate key carries a mark, so that the parser takes the rest.
///
/// The mark is a private-use character in place of the key's first one: lines and columns stay as they are.
struct MarkedDuplicates {
    private(set) var text: String
    private var replaced: [Unicode.Scalar] = []
    private let isUsable: Bool

    private static let marks: ClosedRange<UInt32> = 0xE000...0xE03F

    init(text: String) {
        self.text = text
        isUsable = !text.unicodeScalars.contains { Self.marks.contains($0.value) }
    }

    /// Marks the key `name` that is written at `position`; false if that is not possible.
    mutating func mark(_ name: String, at position: Position) -> Bool {
        let next = Self.marks.lowerBound + UInt32(replaced.count)
        guard isUsable, Self.marks.contains(next), let mark = Unicode.Scalar(next), let first = name.unicodeScalars.first,
            var index = index(of: position)
        else { return false }
        let scalars = text.unicodeScalars
        if scalars[index] == "\"" || scalars[index] == "'" { index = scalars.index(after: index) }
        // A key behind an anchor, a tag or an alias, or with escapes, does not stand there as itself.
        guard scalars[index...].starts(with: name.unicodeScalars) else { return false }
        replaced.append(first)
        text.unicodeScalars.replaceSubrange(index...index, with: CollectionOfOne(mark))
        return true
    }

    /// The key without its mark.
    func original(_ key: String) -> String {
        guard let first = key.unicodeScalars.first, isUsable, Self.marks.contains(first.value) else { return key }
        let number = Int(first.value - Self.marks.lowerBound)
        guard replaced.indices.contains(number) else { return key }
        var scalars = key.unicodeScalars
        scalars.replaceSubrange(scalars.startIndex...scalars.startIndex, with: CollectionOfOne(replaced[number]))
        return String(scalars)
    }

    /// Lines end where YAML 1.1 says that they do.
    private func index(of position: Position) -> String.Index? {
        let scalars = text.unicodeScalars
        var index = scalars.startIndex
        var line = 1
        while line < position.line {
            guard index < scalars.endIndex else { return nil }
            let scalar = scalars[index]
            index = scalars.index(after: index)
            switch scalar {
            case "\r":
                if index < scalars.endIndex, scalars[index] == "\n" { index = scalars.index(after: index) }
                line += 1
            case "\n", "\u{85}", "\u{2028}", "\u{2029}": line += 1
            default: break
            }
        }
        index = scalars.index(index, offsetBy: position.column - 1, limitedBy: scalars.endIndex) ?? scalars.endIndex
        return index < scalars.endIndex ? index : nil
    }
}
