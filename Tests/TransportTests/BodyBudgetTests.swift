import Testing

@testable import Transport

@Suite("The budget of bodies") struct BodyBudgetTests {
    @Test func `One connection holds no more than its part, and gives back what it held`() {
        let all = BodyBudget(limit: 1000)
        let connection = ConnectionBodies(all, limit: 100)
        var first = HeldBody(connection)
        let taken = [first.take(60), first.take(40), first.take(1)]
        #expect(taken == [true, true, false])
        #expect(all.bytes == 100)
        first.release()
        let again = first.take(100)
        #expect(again && all.bytes == 100)
    }

    @Test func `What is forgotten is given back`() {
        let all = BodyBudget(limit: 1000)
        let connection = ConnectionBodies(all, limit: 100)
        do {
            var body = HeldBody(connection)
            let taken = body.take(50)
            #expect(taken)
        }
        #expect(all.bytes == 0)
    }

    @Test func `All connections together hold no more than the limit, and small bodies have the last quarter for themselves`() {
        let all = BodyBudget(limit: 1 << 20)
        let connections = (0..<20).map { _ in ConnectionBodies(all, limit: .max) }
        var taken = 0
        var large = HeldBody(connections[0])
        while large.take(64 << 10) { taken += 64 << 10 }
        #expect(taken == 3 << 18)
        var small = HeldBody(connections[1])
        let smallTaken = small.take(1000)
        #expect(smallTaken)
        small.release()
        large.release()
        #expect(all.bytes == 0)
    }
}
