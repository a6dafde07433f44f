#include "verify/report/property_uses.hpp"

namespace bptt::verify {
namespace {

constexpr PropertyUse uses[] = {
    {"linear_in_da",
     "needs no reference: sees whatever depends on da in any but a linear way (clipping, "
     "thresholds)"},
    {"superposition_over_time",
     "needs no reference: every step's loss alone, so that steps which do not add up show"},
    {"one_pass_equals_one_walk_per_loss",
     "expects what T (T+1) / 2 walks give: the reference's own single pass is not the oracle"},
    {"one_pass_equals_split_upstream",
     "expects what da[:,:,t] and da_prevt give when they never meet: where they are added matters"},
    {"agrees_with_closed_form",
     "expects a second derivation by hand: a slip in the reversed lines would show"},
    {"finite_differences",
     "the oracle is the subject's own forward pass: sees a wrong derivative even where subject and "
     "reference share it, and acquits a right derivative of another network (gates_exchanged_f_i)"},
    {"dual_numbers_and_complex_step",
     "the oracle is the forward pass over dual and complex numbers: no backward formula enters"},
    {"bias_gradient_is_the_broadcasts_adjoint",
     "one step, whole numbers, no tolerance: why dba is (n_a, 1), in its smallest case"},
    {"equals_reference", "the broadest, and it names the entry that is wrong"},
    {"equals_reference_near_zero",
     "the one that brings every activation near zero: sees a tanh that cancels there, odd or not"},
    {"through_the_loss_head",
     "the chain that is trained: da comes from softmax and cross-entropy, not from a generator"},
    {"integers_are_exact", "no tolerance at all: an error of any size shows, in any order of sums"},
    {"same_bits_every_time",
     "runs in two threads at once: a data race shows here, and no fault that repeats can stand for "
     "one"},
    {"adjoint_identity",
     "one number for all gradients along random directions: the way to judge large problems"},
    {"time_in_two_parts",
     "needs no reference: sequences may be chained through da0 and dc0, and users do"},
    {"batch_in_two_parts",
     "needs no reference: a batch may be spread over threads or machines, and users do"},
    {"permutations_permute", "needs no reference: no sample and no unit is treated as another"},
    {"linear_network_closed_form", "the oracle has no recursion: powers of Waa"},
    {"euler_identities", "needs no reference: the subject's own states and gradients must fit"},
    {"contraction", "needs no reference: how large a gradient can be, without knowing it"},
    {"states_are_bounded", "needs no reference, and is about the forward pass alone"},
    {"scalars_agree",
     "compares a subject with itself: tells an error of one code path from one of "
     "both"},
    {"descent_lowers_the_loss", "what gradients are for: a step against them goes downhill"},
};

}  // namespace

std::span<const PropertyUse> property_uses() { return uses; }

}  // namespace bptt::verify
