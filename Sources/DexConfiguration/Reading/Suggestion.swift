import Bytes

/// Finds what somebody meant who mistyped a word.
enum Suggestion {
    /// The candidate that is few edits away, or the only one of which the word is the beginning; nil if there is none.
    /// Upper and lower case are the same.
    static func closest(to word: String, among candidates: [String]) -> String? {
        let wanted = Array(word.asciiLowercased.unicodeScalars)
        // A long "word" is not a slip of the finger, and the distance costs length × length.
        guard wanted.count <= 64 else { return nil }
        var best: (candidate: String, distance: Int)?
        for candidate in candidates {
            let distance = editDistance(wanted, Array(candidate.asciiLowercased.unicodeScalars))
            if distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        if let best, best.distance <= max(1, min(3, wanted.count / 3)) { return best.candidate }
        let longer = candidates.filter { $0.asciiLowercased.startsWithBytes(of: word.asciiLowercased) }
        return longer.count == 1 && wanted.count >= 3 ? longer[0] : nil
    }

    /// Insertions, deletions, replacements and swaps of neighbors (optimal string alignment).
    private static func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var cost = min(row[j] + 1, last[j + 1] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
                row.append(cost)
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}
