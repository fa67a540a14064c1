// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IProofSystem} from "./ProofGate.sol";

/// What verifies one step: `Rv64Step`, `Mips32Step` or a reference's contract.
interface IStepper {
    function step(bytes calldata stateData, bytes calldata proof, bytes32 localContext) external returns (bytes32);
    function oracle() external view returns (ILocalOracle);
}

/// Where local pre-images are filed for the caller.
interface ILocalOracle {
    function loadLocalData(uint256 ident, bytes32 localContext, bytes32 word, uint256 size, uint256 partOffset)
        external
        returns (bytes32 key);
}

/// Claims that a program accepts its inputs, and the disputes about them, by bisection.
///
/// A statement is the program's inputs: its local pre-images 1 to 5. Somebody claims that the program, from its initial
/// state, ends after so many steps in a state of status 0, valid. Within a period anyone may challenge. Claimant and
/// challenger then halve the steps between a state both agree on and one they do not, until one step is left, which
/// the stepper decides. Each has a clock that runs while it is its turn; who lets it run out loses. A claim stands when
/// the period is over and every challenger has lost; the first to win takes the claimant's bond, and ends the others.
///
/// Whoever says nothing on a false claim lets it stand: as with every such game, one honest challenger is needed.
contract DisputeGame is IProofSystem {
    struct Claim {
        address claimant;
        /// When it can no longer be challenged.
        uint64 challengedUntil;
        /// Challenges that are not decided.
        uint64 open;
        bool defeated;
        bool settled;
        bytes32 statement;
        /// The state hash at the end, and the step it is reached at.
        bytes32 post;
        uint64 steps;
    }

    struct Challenge {
        uint256 claim;
        address challenger;
        bool decided;
        /// Whether the claimant is to move, since when, and how long each may still think.
        bool claimantMoves;
        uint64 since;
        uint64 claimantTime;
        uint64 challengerTime;
        /// The state hash both agree on, at step `low`, and the one they do not, at step `high`.
        bytes32 agreed;
        uint64 low;
        bytes32 disputed;
        uint64 high;
        /// The claimant's state hash in the middle, where it is the challenger's move.
        bytes32 middle;
    }

    /// Local pre-images: 1 to 3 are hashes, 4 and 5 numbers of 8 bytes, left-aligned.
    uint256 public constant LOCALS = 5;

    IStepper public immutable STEPPER;
    /// The state hash of the program before its first step.
    bytes32 public immutable PRESTATE;
    uint256 public immutable BOND;
    /// How long a claim can be challenged, and how long each side may think in all.
    uint64 public immutable PERIOD;

    Claim[] public claims;
    Challenge[] public challenges;
    /// What can be withdrawn.
    mapping(address who => uint256 wei_) public balances;
    /// Claims of a statement that stand.
    mapping(bytes32 statement => bool proven) private standing;

    event Claimed(uint256 indexed claim, bytes32 indexed statement, address claimant, bytes32 post, uint64 steps);
    event Challenged(uint256 indexed challenge, uint256 indexed claim, address challenger);
    event Moved(uint256 indexed challenge, uint64 low, uint64 high, bytes32 middle);
    event Decided(uint256 indexed challenge, bool claimantWon);

    error WrongBond(uint256 found, uint256 wanted);
    error NotYourTurn();
    error Defeated();
    error TooLate();
    error TooEarly();
    error NotValid();
    error WrongState();
    error WrongLocals();

    constructor(IStepper stepper, bytes32 prestate, uint256 bond, uint64 period) {
        (STEPPER, PRESTATE, BOND, PERIOD) = (stepper, prestate, bond, period);
    }

    /// The name of a statement: the hash of the program's local pre-images.
    function statementOf(bytes32[LOCALS] calldata locals) public pure returns (bytes32) {
        return keccak256(abi.encode(locals));
    }

    /// Claims that the program ends in `post` after `steps` steps.
    function claim(bytes32 statement, bytes32 post, uint64 steps) external payable returns (uint256 id) {
        takeBond();
        if (post[0] != 0 || steps == 0) revert NotValid();
        id = claims.length;
        uint64 until = uint64(block.timestamp) + PERIOD;
        claims.push(Claim(msg.sender, until, 0, false, false, statement, post, steps));
        emit Claimed(id, statement, msg.sender, post, steps);
    }

    /// Challenges a claim. The claimant moves first.
    function challenge(uint256 claimId) external payable returns (uint256 id) {
        takeBond();
        Claim storage c = claims[claimId];
        if (block.timestamp >= c.challengedUntil || c.defeated) revert TooLate();
        c.open++;
        id = challenges.length;
        Challenge storage d = challenges.push();
        (d.claim, d.challenger, d.claimantMoves, d.since) = (claimId, msg.sender, true, uint64(block.timestamp));
        (d.claimantTime, d.challengerTime) = (PERIOD, PERIOD);
        (d.agreed, d.low, d.disputed, d.high) = (PRESTATE, 0, c.post, c.steps);
        emit Challenged(id, claimId, msg.sender);
    }

    /// The claimant's state hash in the middle between `low` and `high`.
    function propose(uint256 id, bytes32 middle) external {
        Challenge storage d = undecided(id);
        if (!d.claimantMoves || msg.sender != claims[d.claim].claimant || d.high - d.low < 2) revert NotYourTurn();
        spend(d);
        (d.middle, d.claimantMoves) = (middle, false);
        emit Moved(id, d.low, d.high, middle);
    }

    /// Whether the challenger agrees with the state hash in the middle.
    function respond(uint256 id, bool agrees) external {
        Challenge storage d = undecided(id);
        if (d.claimantMoves || msg.sender != d.challenger) revert NotYourTurn();
        spend(d);
        uint64 middle = d.low + (d.high - d.low) / 2;
        if (agrees) (d.agreed, d.low) = (d.middle, middle);
        else (d.disputed, d.high) = (d.middle, middle);
        d.claimantMoves = true;
        emit Moved(id, d.low, d.high, 0);
    }

    /// Decides a challenge by its one step that is left. Anyone may; the claimant loses by its clock if nobody does.
    function step(uint256 id, bytes calldata stateData, bytes calldata proof) external {
        Challenge storage d = undecided(id);
        if (d.high - d.low != 1) revert NotYourTurn();
        if (spent(d)) revert TooLate();
        // The first byte is the status, which the state tells.
        if (keccak256(stateData) << 8 != d.agreed << 8) revert WrongState();
        decide(id, STEPPER.step(stateData, proof, claims[d.claim].statement) == d.disputed);
    }

    /// Files the part at `offset` of a local pre-image of a statement with the stepper's oracle.
    function loadLocal(bytes32[LOCALS] calldata locals, uint256 ident, uint256 offset) external {
        if (ident == 0 || ident > LOCALS) revert WrongLocals();
        STEPPER.oracle().loadLocalData(ident, statementOf(locals), locals[ident - 1], ident < 4 ? 32 : 8, offset);
    }

    /// Decides a challenge in which the side to move has used up its time.
    function timeout(uint256 id) external {
        Challenge storage d = undecided(id);
        if (!spent(d)) revert TooEarly();
        decide(id, !d.claimantMoves);
    }

    /// Ends a challenge of a claim that another challenger has defeated: there is nothing left to dispute.
    function reclaim(uint256 id) external {
        Challenge storage d = challenges[id];
        if (d.decided || !claims[d.claim].defeated) revert TooEarly();
        d.decided = true;
        balances[d.challenger] += BOND;
    }

    /// Settles a claim that nobody has defeated.
    function settle(uint256 claimId) external {
        Claim storage c = claims[claimId];
        if (block.timestamp < c.challengedUntil || c.open != 0) revert TooEarly();
        if (c.defeated || c.settled) revert TooLate();
        c.settled = true;
        standing[c.statement] = true;
        balances[c.claimant] += BOND;
    }

    function withdraw() external {
        uint256 amount = balances[msg.sender];
        balances[msg.sender] = 0;
        (bool sent,) = msg.sender.call{value: amount}("");
        require(sent);
    }

    /// @inheritdoc IProofSystem
    function proven(bytes32 statement) external view returns (bool) {
        return standing[statement];
    }

    /// A challenge that is still to be decided.
    function undecided(uint256 id) private view returns (Challenge storage d) {
        d = challenges[id];
        if (d.decided) revert NotYourTurn();
        if (claims[d.claim].defeated) revert Defeated();
    }

    function takeBond() private {
        if (msg.value != BOND) revert WrongBond(msg.value, BOND);
    }

    /// The loser's bond goes to the winner, with its own.
    function decide(uint256 id, bool claimantWon) private {
        Challenge storage d = challenges[id];
        Claim storage c = claims[d.claim];
        d.decided = true;
        c.open--;
        if (claimantWon) {
            balances[c.claimant] += BOND;
        } else {
            balances[d.challenger] += 2 * BOND;
            c.defeated = true;
        }
        emit Decided(id, claimantWon);
    }

    /// Ends a move: the time it took is gone.
    function spend(Challenge storage d) private {
        if (spent(d)) revert TooLate();
        uint64 taken = uint64(block.timestamp) - d.since;
        if (d.claimantMoves) d.claimantTime -= taken;
        else d.challengerTime -= taken;
        d.since = uint64(block.timestamp);
    }

    /// Whether the side to move has no time left.
    function spent(Challenge storage d) private view returns (bool) {
        return block.timestamp - d.since > (d.claimantMoves ? d.claimantTime : d.challengerTime);
    }
}
