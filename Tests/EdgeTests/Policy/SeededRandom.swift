/// SplitMix64: the same "random" inputs in every run.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func pick<Element>(_ list: [Element]) -> Element { list[Int(next() % UInt64(list.count))] }

    /// Up to `count` of them, perhaps none.
    mutating func some<Element>(_ count: Int, of list: [Element]) -> [Element] {
        (0..<Int(next() % UInt64(count + 1))).map { _ in pick(list) }
    }

    mutating func chance(_ percent: UInt64) -> Bool { next() % 100 < percent }
}
