/// Reads DEFLATE (RFC 1951), as the binding HTTP-Redirect uses it.
struct Inflate {
    enum Failure: Error { case malformed, tooLong }

    /// - Parameter limit: bytes; a few bytes can stand for very many.
    static func bytes(_ compressed: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
        var reader = Inflate(compressed, limit)
        while try !reader.block() {}
        return reader.output
    }

    private let input: [UInt8]
    private let limit: Int
    private var position = 0
    private var bitBuffer: UInt32 = 0
    private var bitCount = 0
    private var output: [UInt8] = []

    private init(_ input: [UInt8], _ limit: Int) {
        self.input = input
        self.limit = limit
    }

    // MARK: Bits

    private mutating func bits(_ count: Int) throws(Failure) -> Int {
        while bitCount < count {
            guard position < input.count else { throw .malformed }
            bitBuffer |= UInt32(input[position]) << UInt32(bitCount)
            position += 1
            bitCount += 8
        }
        let value = bitBuffer & ((1 << UInt32(count)) - 1)
        bitBuffer >>= UInt32(count)
        bitCount -= count
        return Int(value)
    }

    private mutating func write(_ byte: UInt8) throws(Failure) {
        guard output.count < limit else { throw .tooLong }
        output.append(byte)
    }

    // MARK: Blocks

    /// - Returns: whether it was the last.
    private mutating func block() throws(Failure) -> Bool {
        let isLast = try bits(1) == 1
        switch try bits(2) {
        case 0: try stored()
        case 1: try codes(Self.fixedLiterals, Self.fixedDistances)
        case 2:
            let (literals, distances) = try tables()
            try codes(literals, distances)
        default: throw .malformed
        }
        return isLast
    }

    private mutating func stored() throws(Failure) {
        (bitBuffer, bitCount) = (0, 0)
        guard position + 4 <= input.count else { throw .malformed }
        let length = Int(input[position]) | Int(input[position + 1]) << 8
        let check = Int(input[position + 2]) | Int(input[position + 3]) << 8
        position += 4
        guard length ^ check == 0xFFFF, position + length <= input.count else { throw .malformed }
        guard output.count + length <= limit else { throw .tooLong }
        output += input[position..<(position + length)]
        position += length
    }

    private static let lengthBases = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
    ]
    private static let lengthBits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]
    private static let distanceBases = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193,
        12_289, 16_385, 24_577,
    ]
    private static let distanceBits = [
        0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
    ]

    private mutating func codes(_ literals: Code, _ distances: Code) throws(Failure) {
        while true {
            let symbol = try next(literals)
            if symbol < 256 {
                try write(UInt8(symbol))
                continue
            }
            if symbol == 256 { return }
            guard symbol - 257 < Self.lengthBases.count else { throw .malformed }
            let length = Self.lengthBases[symbol - 257] + (try bits(Self.lengthBits[symbol - 257]))
            let code = try next(distances)
            guard code < Self.distanceBases.count else { throw .malformed }
            let distance = Self.distanceBases[code] + (try bits(Self.distanceBits[code]))
            guard distance <= output.count else { throw .malformed }
            for _ in 0..<length { try write(output[output.count - distance]) }
        }
    }

    // MARK: Huffman codes

    /// A canonical code: how many words of each length, and the symbols in their order.
    private struct Code {
        var counts = [Int](repeating: 0, count: 16)
        var symbols: [Int] = []

        /// Nil for lengths that no code can have.
        init?(_ lengths: [Int]) {
            for length in lengths { counts[length] += 1 }
            var left = 1
            for length in 1...15 {
                left = left << 1 - counts[length]
                guard left >= 0 else { return nil }
            }
            // A code with gaps is fine only if it has one word or none.
            let words = lengths.count { $0 > 0 }
            guard left == 0 || words <= 1 else { return nil }
            symbols = (1...15).flatMap { length in lengths.indices.filter { lengths[$0] == length } }
            counts[0] = 0
        }
    }

    private static let fixedLiterals = Code(
        [Int](repeating: 8, count: 144) + [Int](repeating: 9, count: 112) + [Int](repeating: 7, count: 24)
            + [Int](repeating: 8, count: 8))
    private static let fixedDistances = Code([Int](repeating: 5, count: 32))

    private mutating func codes(_ literals: Code?, _ distances: Code?) throws(Failure) {
        guard let literals, let distances else { throw .malformed }
        try codes(literals, distances)
    }

    private mutating func next(_ code: Code) throws(Failure) -> Int {
        var (word, first, index) = (0, 0, 0)
        for length in 1...15 {
            word |= try bits(1)
            let count = code.counts[length]
            if word - count < first { return code.symbols[index + word - first] }
            index += count
            first = (first + count) << 1
            word <<= 1
        }
        throw .malformed
    }

    private static let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

    private mutating func tables() throws(Failure) -> (Code, Code) {
        let literalCount = try bits(5) + 257
        let distanceCount = try bits(5) + 1
        let lengthCount = try bits(4) + 4
        guard literalCount <= 286, distanceCount <= 30 else { throw .malformed }
        var lengths = [Int](repeating: 0, count: 19)
        for index in 0..<lengthCount { lengths[Self.order[index]] = try bits(3) }
        guard let code = Code(lengths) else { throw .malformed }
        var all: [Int] = []
        while all.count < literalCount + distanceCount {
            let symbol = try next(code)
            switch symbol {
            case 0...15: all.append(symbol)
            case 16:
                guard let last = all.last else { throw .malformed }
                all += [Int](repeating: last, count: 3 + (try bits(2)))
            case 17: all += [Int](repeating: 0, count: 3 + (try bits(3)))
            default: all += [Int](repeating: 0, count: 11 + (try bits(7)))
            }
        }
        guard all.count == literalCount + distanceCount, all[256] > 0, let literals = Code(Array(all[..<literalCount])),
            let distances = Code(Array(all[literalCount...]))
        else { throw .malformed }
        return (literals, distances)
    }
}
