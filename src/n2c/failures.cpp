#include "n2c/failures.hpp"

#include <algorithm>

namespace ouro::n2c {

namespace {

constexpr Failure within(Rule rule, std::uint64_t tag, Rule inner) { return {rule, tag, {}, {}, inner}; }

// The order of `supplied` and `expected` is that on the wire, which differs.
constexpr std::array conway{
    within(Rule::ledger, 1, Rule::utxow),
    within(Rule::ledger, 2, Rule::certs),
    within(Rule::ledger, 3, Rule::gov),
    Failure{Rule::ledger, 4, "ConwayWdrlNotDelegatedToDRep", {"keys"}},
    Failure{Rule::ledger, 5, "ConwayTreasuryValueMismatch", {"expected", "supplied"}},
    Failure{Rule::ledger, 6, "ConwayTxRefScriptsSizeTooBig", {"supplied", "expected"}},
    Failure{Rule::ledger, 7, "ConwayMempoolFailure", {"reason"}},
    Failure{Rule::ledger, 8, "ConwayWithdrawalsMissingAccounts", {"withdrawals"}},
    Failure{Rule::ledger, 9, "ConwayIncompleteWithdrawals", {"supplied and expected by account"}},

    within(Rule::utxow, 0, Rule::utxo),
    Failure{Rule::utxow, 1, "InvalidWitnessesUTXOW", {"keys"}},
    Failure{Rule::utxow, 2, "MissingVKeyWitnessesUTXOW", {"key hashes"}},
    Failure{Rule::utxow, 3, "MissingScriptWitnessesUTXOW", {"script hashes"}},
    Failure{Rule::utxow, 4, "ScriptWitnessNotValidatingUTXOW", {"script hashes"}},
    Failure{Rule::utxow, 5, "MissingTxBodyMetadataHash", {"hash"}},
    Failure{Rule::utxow, 6, "MissingTxMetadata", {"hash"}},
    Failure{Rule::utxow, 7, "ConflictingMetadataHash", {"supplied", "expected"}},
    Failure{Rule::utxow, 8, "InvalidMetadata"},
    Failure{Rule::utxow, 9, "ExtraneousScriptWitnessesUTXOW", {"script hashes"}},
    Failure{Rule::utxow, 10, "MissingRedeemers", {"scripts"}},
    Failure{Rule::utxow, 11, "MissingRequiredDatums", {"missing", "supplied"}},
    Failure{Rule::utxow, 12, "NotAllowedSupplementalDatums", {"not allowed", "allowed"}},
    Failure{Rule::utxow, 13, "PPViewHashesDontMatch", {"supplied", "expected"}},
    Failure{Rule::utxow, 14, "UnspendableUTxONoDatumHash", {"inputs"}},
    Failure{Rule::utxow, 15, "ExtraRedeemers", {"purposes"}},
    Failure{Rule::utxow, 16, "MalformedScriptWitnesses", {"script hashes"}},
    Failure{Rule::utxow, 17, "MalformedReferenceScripts", {"script hashes"}},
    Failure{Rule::utxow, 18, "ScriptIntegrityHashMismatch", {"supplied and expected", "expected preimage"}},

    within(Rule::utxo, 0, Rule::utxos),
    Failure{Rule::utxo, 1, "BadInputsUTxO", {"inputs"}},
    Failure{Rule::utxo, 2, "OutsideValidityIntervalUTxO", {"interval", "slot"}},
    Failure{Rule::utxo, 3, "MaxTxSizeUTxO", {"supplied", "expected"}},
    Failure{Rule::utxo, 4, "InputSetEmptyUTxO"},
    Failure{Rule::utxo, 5, "FeeTooSmallUTxO", {"expected", "supplied"}},
    Failure{Rule::utxo, 6, "ValueNotConservedUTxO", {"supplied", "expected"}},
    Failure{Rule::utxo, 7, "WrongNetwork", {"expected", "addresses"}},
    Failure{Rule::utxo, 8, "WrongNetworkWithdrawal", {"expected", "accounts"}},
    Failure{Rule::utxo, 9, "OutputTooSmallUTxO", {"outputs"}},
    Failure{Rule::utxo, 10, "OutputBootAddrAttrsTooBig", {"outputs"}},
    Failure{Rule::utxo, 11, "OutputTooBigUTxO", {"size, limit and output"}},
    Failure{Rule::utxo, 12, "InsufficientCollateral", {"supplied", "expected"}},
    Failure{Rule::utxo, 13, "ScriptsNotPaidUTxO", {"outputs"}},
    Failure{Rule::utxo, 14, "ExUnitsTooBigUTxO", {"expected", "supplied"}},
    Failure{Rule::utxo, 15, "CollateralContainsNonADA", {"value"}},
    Failure{Rule::utxo, 16, "WrongNetworkInTxBody", {"expected", "supplied"}},
    Failure{Rule::utxo, 17, "OutsideForecast", {"slot"}},
    Failure{Rule::utxo, 18, "TooManyCollateralInputs", {"expected", "supplied"}},
    Failure{Rule::utxo, 19, "NoCollateralInputs"},
    Failure{Rule::utxo, 20, "IncorrectTotalCollateralField", {"supplied", "stated"}},
    Failure{Rule::utxo, 21, "BabbageOutputTooSmallUTxO", {"output and least lovelace"}},
    Failure{Rule::utxo, 22, "BabbageNonDisjointRefInputs", {"inputs"}},

    Failure{Rule::utxos, 0, "ValidationTagMismatch", {"stated validity", "result"}},
    Failure{Rule::utxos, 1, "CollectErrors", {"errors"}},

    Failure{Rule::certs, 0, "WithdrawalsNotInRewardsCERTS", {"withdrawals"}},
    within(Rule::certs, 1, Rule::cert),
    within(Rule::cert, 1, Rule::deleg),
    within(Rule::cert, 2, Rule::pool),
    within(Rule::cert, 3, Rule::govcert),

    Failure{Rule::deleg, 1, "IncorrectDepositDELEG", {"deposit"}},
    Failure{Rule::deleg, 2, "DelegAccountAlreadyRegistered", {"account"}},
    Failure{Rule::deleg, 3, "StakeKeyNotRegisteredDELEG", {"account"}},
    Failure{Rule::deleg, 4, "StakeKeyHasNonZeroAccountBalanceDELEG", {"balance"}},
    Failure{Rule::deleg, 5, "DelegateeDRepNotRegisteredDELEG", {"representative"}},
    Failure{Rule::deleg, 6, "DelegateeStakePoolNotRegisteredDELEG", {"pool"}},
    Failure{Rule::deleg, 7, "DepositIncorrectDELEG", {"supplied and expected"}},
    Failure{Rule::deleg, 8, "RefundIncorrectDELEG", {"supplied and expected"}},

    Failure{Rule::pool, 0, "StakePoolNotRegisteredOnKeyPOOL", {"pool"}},
    Failure{Rule::pool, 1, "StakePoolRetirementWrongEpochPOOL", {"later than", "supplied", "latest"}},
    Failure{Rule::pool, 3, "StakePoolCostTooLowPOOL", {"supplied", "expected"}},
    Failure{Rule::pool, 4, "WrongNetworkPOOL", {"expected", "supplied", "pool"}},
    Failure{Rule::pool, 5, "PoolMedataHashTooBig", {"pool", "size"}},
    Failure{Rule::pool, 6, "VRFKeyHashAlreadyRegistered", {"pool", "VRF key hash"}},

    Failure{Rule::govcert, 0, "ConwayDRepAlreadyRegistered", {"representative"}},
    Failure{Rule::govcert, 1, "ConwayDRepNotRegistered", {"representative"}},
    Failure{Rule::govcert, 2, "ConwayDRepIncorrectDeposit", {"supplied", "expected"}},
    Failure{Rule::govcert, 3, "ConwayCommitteeHasPreviouslyResigned", {"member"}},
    Failure{Rule::govcert, 4, "ConwayDRepIncorrectRefund", {"supplied", "expected"}},
    Failure{Rule::govcert, 5, "ConwayCommitteeIsUnknown", {"member"}},

    Failure{Rule::gov, 0, "GovActionsDoNotExist", {"actions"}},
    Failure{Rule::gov, 1, "MalformedProposal", {"action"}},
    Failure{Rule::gov, 2, "ProposalProcedureNetworkIdMismatch", {"account", "expected"}},
    Failure{Rule::gov, 3, "TreasuryWithdrawalsNetworkIdMismatch", {"accounts", "expected"}},
    Failure{Rule::gov, 4, "ProposalDepositIncorrect", {"supplied", "expected"}},
    Failure{Rule::gov, 5, "DisallowedVoters", {"voters and actions"}},
    Failure{Rule::gov, 6, "ConflictingCommitteeUpdate", {"members"}},
    Failure{Rule::gov, 7, "ExpirationEpochTooSmall", {"members"}},
    Failure{Rule::gov, 8, "InvalidPrevGovActionId", {"proposal"}},
    Failure{Rule::gov, 9, "VotingOnExpiredGovAction", {"voters and actions"}},
    Failure{Rule::gov, 10, "ProposalCantFollow", {"previous action", "supplied", "expected"}},
    Failure{Rule::gov, 11, "InvalidGuardrailsScriptHash", {"supplied", "expected"}},
    Failure{Rule::gov, 12, "DisallowedProposalDuringBootstrap", {"proposal"}},
    Failure{Rule::gov, 13, "DisallowedVotesDuringBootstrap", {"voters and actions"}},
    Failure{Rule::gov, 14, "VotersDoNotExist", {"voters"}},
    Failure{Rule::gov, 15, "ZeroTreasuryWithdrawals", {"action"}},
    Failure{Rule::gov, 16, "ProposalReturnAccountDoesNotExist", {"account"}},
    Failure{Rule::gov, 17, "TreasuryWithdrawalReturnAccountsDoNotExist", {"accounts"}},
    Failure{Rule::gov, 18, "UnelectedCommitteeVoters", {"members"}},
};

constexpr std::array before_conway{
    within(Rule::ledger, 0, Rule::utxow),
    within(Rule::ledger, 1, Rule::delegs),
};

}  // namespace

std::string_view name_of(Rule rule) noexcept {
    constexpr std::array<std::string_view, 12> names{"",     "LEDGER", "UTXOW", "UTXO",    "UTXOS", "CERTS",
                                                     "CERT", "DELEG",  "POOL",  "GOVCERT", "GOV",   "DELEGS"};
    return names[static_cast<std::size_t>(rule)];
}

std::uint64_t Failure::size() const noexcept {
    if (inner != Rule::none) return 1;
    return static_cast<std::uint64_t>(
        std::count_if(items.begin(), items.end(), [](std::string_view item) { return !item.empty(); }));
}

std::span<const Failure> failures_of_conway() noexcept { return conway; }
std::span<const Failure> failures_before_conway() noexcept { return before_conway; }

}  // namespace ouro::n2c
